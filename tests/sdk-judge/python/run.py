"""Runs one program on a Python SDK: run.py PACKAGE PROGRAM. With `describe` instead of a package and a folder instead of a
program it prints what all programs need. Events go to the file in JUDGE_LOG, one JSON a line."""

import asyncio
import dataclasses
import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
NEEDS = ("api", "on", "files", "env", "clock")


def load(file):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(value):
    """A value as JSON, with the names of the SDK's classes."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"class": type(value).__name__, **{k: v for k, v in fields.items() if k != "signal"}}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return repr(value)


def failure(error):
    """How an error is told: its class and text; of a group of errors those of its members."""
    members = getattr(error, "exceptions", None)
    if members:
        return {"class": type(error).__name__, "of": [failure(member) for member in members]}
    return {"class": type(error).__name__, "error": str(error)}


class Judge:
    """What a program is given."""

    def __init__(self, package):
        self.sdk = importlib.import_module(package)
        self.cwd = os.getcwd()
        self.home = os.environ["HOME"]
        self.cli = os.environ["JUDGE_CLI"]
        self.version = os.environ["JUDGE_VERSION"]
        self.processes = 0
        self.Options = getattr(self.sdk, "ClaudeAgentOptions", None) or self.sdk.ClaudeCodeOptions

    def log(self, on, value):
        with open(os.environ["JUDGE_LOG"], "a") as file:
            file.write(json.dumps({"on": on, "value": plain(value)}) + "\n")

    def options(self, **more):
        """Options for the CLI that is judged, with the turns of the next process."""
        script = Path(self.cli).with_name(f"script.{self.processes}.json")
        if script.exists():
            # A link, as a conversation that is resumed goes on in a script of the same name.
            place = script.with_name("script.json")
            place.unlink(missing_ok=True)
            place.symlink_to(script.name)
        self.processes += 1
        known = {f.name for f in dataclasses.fields(self.Options)}
        # Older SDKs find the CLI on PATH.
        if "cli_path" in known:
            more.setdefault("cli_path", self.cli)
        if "stderr" in known:
            more.setdefault("stderr", lambda text: self.log("stderr", text))
        return self.Options(cwd=self.cwd, **more)

    async def query(self, prompt, **more):
        """Asks once; gives the messages."""
        messages = []
        try:
            async for message in self.sdk.query(prompt=prompt, options=self.options(**more)):
                self.log("message", message)
                messages.append(message)
            self.log("end", None)
        except BaseException as error:
            self.log("end", failure(error))
        return messages

    async def session(self, talk, **more):
        """A client for `talk`."""
        try:
            async with self.sdk.ClaudeSDKClient(options=self.options(**more)) as client:
                await talk(client)
            self.log("end", None)
        except BaseException as error:
            self.log("end", failure(error))

    async def reply(self, client, each=None):
        """The messages until the next result."""
        messages = []
        async for message in client.receive_response():
            self.log("message", message)
            messages.append(message)
            if each:
                await each(message)
        return messages

    async def call(self, name, awaitable):
        """Logs what a call gives, or how it fails."""
        try:
            value = await awaitable
            self.log(f"call {name}", value)
            return value
        except Exception as error:
            self.log(f"call {name}", failure(error))

    def told(self, name, answer):
        """A callback that logs what it is given, and answers."""

        async def callback(*given):
            self.log(f"callback {name}", [{k: v for k, v in g.items() if k != "signal"} if isinstance(g, dict) else g for g in given])
            return answer(*given) if callable(answer) else answer

        return callback

    def hooks(self, **answers):
        """Hooks of these events that log and answer."""
        return {event: [self.sdk.HookMatcher(hooks=[self.told(event, answer)])] for event, answer in answers.items()}


def main():
    what, target = sys.argv[1:]
    if what == "describe":
        programs = {}
        for file in sorted(Path(target).glob("*.py")):
            module = load(file)
            programs[file.stem] = {key: getattr(module, key) for key in NEEDS if hasattr(module, key)}
        print(json.dumps(programs))
        return
    judge = Judge(what)
    asyncio.run(load(Path(target)).run(judge))


main()
