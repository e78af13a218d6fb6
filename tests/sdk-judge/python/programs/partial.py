"""Partial messages."""

from kit import SINCE_2, think

api = [think("I wonder.", "Done wondering.")]
on = SINCE_2


async def run(judge):
    await judge.query("think", include_partial_messages=True)
