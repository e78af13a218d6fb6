"""The app is asked for permission and grants it, changed."""

from kit import ALL, say, use

api = [use("Bash", {"command": "touch danger", "description": "Do"}), say("Done.")]
on = ALL


async def run(judge):
    answer = lambda name, given, context: judge.sdk.PermissionResultAllow(updated_input={**given, "command": "echo safe"})

    async def talk(client):
        await client.query("do")
        await judge.reply(client)

    await judge.session(talk, can_use_tool=judge.told("can_use_tool", answer))
