"""One question, one answer."""

from kit import ALL, say

api = [say("Hello there.")]
on = ALL


async def run(judge):
    await judge.query("hi")
