"""Write, Edit and Read with edits accepted."""

from kit import ALL, say, use

api = [
    use("Write", {"file_path": "<CWD>/a.txt", "content": "one\ntwo\n"}),
    use("Edit", {"file_path": "<CWD>/a.txt", "old_string": "two", "new_string": "three"}),
    use("Read", {"file_path": "<CWD>/a.txt"}),
    say("Edited."),
]
on = ALL


async def run(judge):
    await judge.query("edit", permission_mode="acceptEdits")
