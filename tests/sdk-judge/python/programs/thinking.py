"""A turn that thinks first, with a budget where there is an option for it."""

from kit import ALL, think

api = [think("I wonder.", "Done wondering.")]
on = ALL


async def run(judge):
    await judge.query("think")
