"""What the CLI tells of itself."""

from kit import ALL, say

api = [say("One.")]
on = ALL


async def run(judge):
    async def talk(client):
        await client.query("one")
        await judge.reply(client)
        await judge.call("get_server_info", client.get_server_info())
        if hasattr(client, "get_mcp_status"):
            await judge.call("get_mcp_status", client.get_mcp_status())

    await judge.session(talk)
