"""A store of the app gets the session, and gives it back."""

from kit import SINCE_21, say

api = [[say("One.")], [say("Two.")]]
on = SINCE_21


async def run(judge):
    store = judge.sdk.InMemorySessionStore()
    first = await judge.query("one", session_store=store)
    await judge.query("two", session_store=store, resume=first[0].data["session_id"])
