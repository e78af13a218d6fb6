"""Hooks around a tool and the turn."""

from kit import ALL, say, use

api = [use("Bash", {"command": "echo hi", "description": "Greet"}), say("Done.")]
on = ALL


async def run(judge):
    async def talk(client):
        await client.query("do")
        await judge.reply(client)

    await judge.session(talk, allowed_tools=["Bash"], hooks=judge.hooks(PreToolUse={}, PostToolUse={}, UserPromptSubmit={}, Stop={}))
