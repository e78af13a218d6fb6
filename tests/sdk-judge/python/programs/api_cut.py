"""The connection is cut in the middle of an answer."""

from kit import ALL, say

api = [say("A text that is cut.", disconnect_after=4), say("A whole text.")]
on = ALL


async def run(judge):
    await judge.query("hi")
