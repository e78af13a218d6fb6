"""Many options at once."""

from kit import SINCE_2, say

api = [say("Hi.")]
on = SINCE_2


async def run(judge):
    await judge.query(
        "hi", model="sonnet", fallback_model="haiku", max_turns=3, max_budget_usd=5.0, system_prompt="You are brief.",
        allowed_tools=["Read", "Bash(ls:*)"], disallowed_tools=["Write"], permission_mode="acceptEdits",
        add_dirs=[judge.home], max_thinking_tokens=2000, setting_sources=["project"], env={"COLOUR": "blue"},
    )
