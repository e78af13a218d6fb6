"""The prompt comes from an async iterable."""

from kit import ALL, say

api = [say("One."), say("Two.")]
on = ALL


async def run(judge):
    async def prompts():
        yield {"type": "user", "message": {"role": "user", "content": "one"}, "parent_tool_use_id": None, "session_id": "default"}

    await judge.query(prompts())
