"""The app takes up the suggestions."""

from pathlib import Path

from kit import SINCE_2, say, use

api = [use("Bash", {"command": "touch one", "description": "One"}), use("Bash", {"command": "touch two", "description": "Two"}), say("Both.")]
on = SINCE_2


async def run(judge):
    answer = lambda name, given, context: judge.sdk.PermissionResultAllow(updated_permissions=context.suggestions)

    async def talk(client):
        await client.query("do")
        await judge.reply(client)

    await judge.session(talk, can_use_tool=judge.told("can_use_tool", answer))
    kept = Path(".claude/settings.local.json")
    judge.log("file", kept.read_text() if kept.exists() else None)
