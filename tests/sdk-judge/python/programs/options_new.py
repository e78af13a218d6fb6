"""Options that only the newest SDK has."""

from kit import SINCE_21, think

api = [think("Hm.", "Hi.")]
on = SINCE_21


async def run(judge):
    await judge.query(
        "hi", thinking={"type": "adaptive", "display": "summarized"}, effort="low", task_budget={"total": 50000},
        session_id="11111111-2222-4333-8444-555555555555", strict_mcp_config=True, tools=["Read", "Glob"], betas=["context-1m-2025-08-07"],
    )
