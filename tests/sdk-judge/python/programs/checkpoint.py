"""Files are put back to what they were at a message."""

from pathlib import Path

from kit import SINCE_2, say, use

api = [use("Write", {"file_path": "<CWD>/a.txt", "content": "one\n"}), say("One.")]
on = SINCE_2


async def run(judge):
    async def talk(client):
        async def prompts():
            yield {"type": "user", "uuid": "11111111-2222-4333-8444-555555555555", "message": {"role": "user", "content": "one"}, "parent_tool_use_id": None, "session_id": "default"}

        await client.query(prompts())
        await judge.reply(client)
        await judge.call("rewind_files", client.rewind_files("11111111-2222-4333-8444-555555555555"))
        judge.log("there", Path("a.txt").exists())

    await judge.session(talk, permission_mode="acceptEdits", enable_file_checkpointing=True, extra_args={"replay-user-messages": None}, env={"CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING": "1"})
