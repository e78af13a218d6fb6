"""A plugin with a command."""

import json

from kit import SINCE_2, say

api = [say("Hi.")]
on = SINCE_2
files = {
    "plug/.claude-plugin/plugin.json": json.dumps({"name": "plug", "version": "1.2.3", "description": "Mine: plugs"}),
    "plug/commands/hello.md": '---\ndescription: "Mine: hello"\n---\nSay hello\n',
}


async def run(judge):
    await judge.query("hi", plugins=[{"type": "local", "path": f"{judge.cwd}/plug"}])
