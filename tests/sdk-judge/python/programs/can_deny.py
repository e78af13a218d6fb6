"""The app denies, then denies and interrupts."""

from kit import ALL, say, use

api = [use("Write", {"file_path": "<CWD>/a.txt", "content": "a"}), use("Write", {"file_path": "<CWD>/b.txt", "content": "b"}), say("Never.")]
on = ALL


async def run(judge):
    answer = lambda name, given, context: judge.sdk.PermissionResultDeny(message="no", interrupt="b.txt" in given["file_path"])

    async def talk(client):
        await client.query("do")
        await judge.reply(client)

    await judge.session(talk, can_use_tool=judge.told("can_use_tool", answer))
