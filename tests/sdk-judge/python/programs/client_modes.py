"""The mode and the model are changed between turns."""

from kit import SINCE_2, say, use

api = [use("Write", {"file_path": "<CWD>/a.txt", "content": "a"}), say("Denied."), use("Write", {"file_path": "<CWD>/b.txt", "content": "b"}), say("Written."), say("Last.")]
on = SINCE_2


async def run(judge):
    async def talk(client):
        await client.query("one")
        await judge.reply(client)
        await judge.call("set_permission_mode", client.set_permission_mode("acceptEdits"))
        await client.query("two")
        await judge.reply(client)
        await judge.call("set_model", client.set_model("haiku"))
        await client.query("three")
        await judge.reply(client)

    await judge.session(talk)
