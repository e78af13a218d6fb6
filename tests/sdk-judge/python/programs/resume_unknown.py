"""A conversation that does not exist is resumed."""

from kit import ALL, say

api = [say("One.")]
on = ALL


async def run(judge):
    await judge.query("one", resume="11111111-2222-4333-8444-555555555555")
