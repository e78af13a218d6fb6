"""Says what a real SDK makes of one CLI after another; see ../node/probe.mjs, which does the same.

  python3 probe.py PATH/TO/site-packages claude_code_sdk|claude_agent_sdk < cases.json
"""

import asyncio
import contextlib
import importlib
import json
import os
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(1, sys.argv[1])
sdk = importlib.import_module(sys.argv[2])
if sys.argv[2] == "claude_code_sdk":
    from claude_code_sdk._internal.transport.subprocess_cli import SubprocessCLITransport


def ask(one):
    chosen = (sdk.ClaudeCodeOptions if sys.argv[2] == "claude_code_sdk" else sdk.ClaudeAgentOptions)()
    chosen.cwd = one["cwd"]
    chosen.env = one["env"]
    prompt = "Hello".ljust(one["bytes"], "!")
    if sys.argv[2] == "claude_code_sdk":
        transport = SubprocessCLITransport(prompt, chosen, one["path"])
        return sdk.query(prompt=prompt, options=chosen, transport=transport)
    chosen.cli_path = one["path"]
    return sdk.query(prompt=prompt, options=chosen)


def alive(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def kind_of(message):
    return type(message).__name__.removesuffix("Message").lower()


async def outcome(one):
    types, took, pid = [], {"name": one["name"], "error": None, "ended": False}, None

    async def read():
        nonlocal pid
        try:
            async for message in ask(one):
                types.append(kind_of(message))
                pid = pid or getattr(message, "data", {}).get("pid")
        except Exception as error:
            took["error"] = {"text": str(error), "kind": type(error).__name__}
        took["ended"] = True

    # Not cancelled at the limit: what still hangs then is what is to be seen.
    task = asyncio.create_task(read())
    await asyncio.wait([task], timeout=one["limit"] / 1000)
    if pid:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
    return {**took, "types": types}


async def main():
    cases = json.load(sys.stdin)
    for done in asyncio.as_completed([outcome(one) for one in cases]):
        print(json.dumps(await done), flush=True)
    os._exit(0)


asyncio.run(main())
