"""A conversation is resumed, forked and continued."""

from kit import SINCE_2, say

api = [[say("One.")], [say("Two.")], [say("Three.")], [say("Four.")]]
on = SINCE_2


async def run(judge):
    first = await judge.query("one")
    session = first[0].data["session_id"]
    await judge.query("two", resume=session)
    await judge.query("three", resume=session, fork_session=True)
    await judge.query("four", continue_conversation=True)
