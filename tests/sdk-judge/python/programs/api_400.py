"""The API refuses the request."""

from kit import ALL, fail

api = [fail(400, "invalid_request_error", "messages: too odd")]
on = ALL


async def run(judge):
    await judge.query("hi")
