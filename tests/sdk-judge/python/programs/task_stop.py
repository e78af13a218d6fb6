"""The app stops a command in the background."""

from kit import SINCE_21, say, use

api = [use("Bash", {"command": "sleep 30", "description": "Wait", "run_in_background": True}), say("Started.")]
on = SINCE_21


async def run(judge):
    async def talk(client):
        await client.query("go")
        found = []

        async def each(message):
            if type(message).__name__ == "TaskStartedMessage":
                found.append(message.task_id)

        await judge.reply(client, each)
        await judge.call("stop_task", client.stop_task(found[0]))

    await judge.session(talk, allowed_tools=["Bash"])
