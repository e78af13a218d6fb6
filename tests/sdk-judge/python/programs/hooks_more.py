"""Hooks of newer events, which add to the context."""

from kit import SINCE_21, say, use

api = [use("Read", {"file_path": "<CWD>/none.txt"}), use("Write", {"file_path": "<CWD>/a.txt", "content": "a"}), say("Done.")]
on = SINCE_21


async def run(judge):
    context = lambda event: {"hookSpecificOutput": {"hookEventName": event, "additionalContext": "Be quick."}}

    async def talk(client):
        await client.query("do")
        await judge.reply(client)

    hooks = judge.hooks(
        PostToolUseFailure=context("PostToolUseFailure"), PermissionRequest={"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {"behavior": "allow"}}},
        UserPromptSubmit=context("UserPromptSubmit"), Notification={},
    )
    await judge.session(talk, hooks=hooks)
