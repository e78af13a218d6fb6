"""The app is asked for permission in a query whose input ends at once."""

from kit import SINCE_21, say, use

api = [use("Bash", {"command": "touch a", "description": "Do"}), say("Done.")]
on = SINCE_21


async def run(judge):
    async def prompts():
        yield {"type": "user", "message": {"role": "user", "content": "one"}, "parent_tool_use_id": None, "session_id": "default"}

    await judge.query(prompts(), can_use_tool=judge.told("can_use_tool", lambda *given: judge.sdk.PermissionResultAllow()))
