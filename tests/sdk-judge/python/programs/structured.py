"""Structured output."""

from kit import SINCE_2, say, use

api = [use("StructuredOutput", {"city": "Paris"}), say("Told.")]
on = SINCE_2


async def run(judge):
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    await judge.query("city", output_format={"type": "json_schema", "schema": schema})
