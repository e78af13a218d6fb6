"""The SDK reads and forks the sessions that the CLI wrote."""

from kit import SINCE_21, say

api = [[say("One.")], [say("Two.")]]
on = SINCE_21


async def run(judge):
    first = await judge.query("one")
    session = first[0].data["session_id"]
    await judge.query("two", resume=session)
    sdk = judge.sdk
    judge.log("list_sessions", sdk.list_sessions(directory=judge.cwd))
    judge.log("get_session_messages", sdk.get_session_messages(session, directory=judge.cwd))
    sdk.rename_session(session, "Renamed", directory=judge.cwd)
    judge.log("get_session_info", sdk.get_session_info(session, directory=judge.cwd))
