"""A conversation is resumed and continued."""

from kit import ALL, say

api = [[say("One.")], [say("Two.")], [say("Three.")]]
on = ALL[:1]


async def run(judge):
    first = await judge.query("one")
    await judge.query("two", resume=first[0].data["session_id"])
    await judge.query("three", continue_conversation=True)
