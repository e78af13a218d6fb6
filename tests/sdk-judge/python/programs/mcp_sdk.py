"""Tools of the app itself: one that works, one that fails."""

from kit import ALL, say, use

api = [use("mcp__calc__add", {"a": 2, "b": 3}), use("mcp__calc__broken", {"why": "no reason"}), say("Five.")]
on = ALL


async def run(judge):
    @judge.sdk.tool("add", "Mine: adds", {"a": float, "b": float})
    async def add(given):
        judge.log("callback add", given)
        return {"content": [{"type": "text", "text": str(given["a"] + given["b"])}]}

    @judge.sdk.tool("broken", "Mine: fails", {"why": str})
    async def broken(given):
        raise ValueError(given["why"])

    server = judge.sdk.create_sdk_mcp_server("calc", "1.0.0", [add, broken])

    async def talk(client):
        await client.query("add")
        await judge.reply(client)

    await judge.session(talk, mcp_servers={"calc": server}, allowed_tools=["mcp__calc__add", "mcp__calc__broken"])
