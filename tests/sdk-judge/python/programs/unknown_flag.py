"""A flag that the CLI does not know."""

from kit import ALL, say

api = [say("Hi.")]
on = ALL


async def run(judge):
    await judge.query("hi", extra_args={"no-such-flag": None})
