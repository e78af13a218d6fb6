"""More turns than are allowed."""

from kit import ALL, say, use

api = [use("Read", {"file_path": "<CWD>/none.txt"}), say("Never.")]
on = ALL


async def run(judge):
    await judge.query("read", max_turns=1)
