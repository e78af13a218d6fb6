"""A hook denies."""

from kit import ALL, say, use

api = [use("Bash", {"command": "echo hi", "description": "Greet"}), say("Denied.")]
on = ALL


async def run(judge):
    answer = {"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": "no shells"}}

    async def talk(client):
        await client.query("do")
        await judge.reply(client)

    await judge.session(talk, allowed_tools=["Bash"], hooks=judge.hooks(PreToolUse=answer))
