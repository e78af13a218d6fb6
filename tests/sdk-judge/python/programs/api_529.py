"""The API is overloaded once; then it goes on."""

from kit import ALL, fail, say

api = [fail(529, "overloaded_error", "Overloaded"), say("Hi.")]
on = ALL


async def run(judge):
    await judge.query("hi")
