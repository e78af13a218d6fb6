"""A subagent that the app defines."""

from kit import SINCE_2, say, use

api = [use("Task", {"description": "Look", "prompt": "Look", "subagent_type": "looker", "run_in_background": False}), say("Hay."), say("It found hay.")]
on = SINCE_2


async def run(judge):
    looker = judge.sdk.AgentDefinition(description="Mine: looks", prompt="You look.", tools=["Read"], model="haiku")
    await judge.query("look", agents={"looker": looker})
