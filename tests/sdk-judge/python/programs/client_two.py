"""Two messages through the client."""

from kit import ALL, say

api = [say("One."), say("Two.")]
on = ALL


async def run(judge):
    async def talk(client):
        for text in ("one", "two"):
            await client.query(text)
            await judge.reply(client)

    await judge.session(talk)
