"""An interrupt while a command runs; the session goes on."""

import asyncio

from kit import ALL, say, use

api = [use("Bash", {"command": "sleep 20", "description": "Sleep"}), say("Two.")]
on = ALL


async def run(judge):
    async def talk(client):
        await client.query("one")

        async def later():
            await asyncio.sleep(2.5)
            await judge.call("interrupt", client.interrupt())

        task = asyncio.create_task(later())
        await judge.reply(client)
        await task
        await client.query("two")
        await judge.reply(client)

    await judge.session(talk, allowed_tools=["Bash"])
