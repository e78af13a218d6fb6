"""A small sound backend on the real Python SDKs, with the HTTP API of the reference backend.

  python3 server.py [--port N] [--host H] [--claude-path P|sdk] [--sdk claude_code_sdk|claude_agent_sdk]
                    [--path-encoding real|upstream] [--on-disconnect cancel|abandon] [--grace-ms N]
                    [--max-buffer-size N] [--history-encoding utf-8|locale] [--clock F]
                    [--permissions allow|deny] [--hooks deny-rm] [--tools app|failing] [--turns kept] [--partial on]

The SDK comes from `site-packages` beside this file; a copy of its package beside this file wins, as the folder
of the script always does. With `--claude-path sdk` the SDK finds its CLI itself. `--history-encoding locale` reads transcripts as Python does that is
not told otherwise. `--clock 0.01` makes the SDK's limit on an answer of the CLI a hundredth as long.

With `--permissions` the user is asked (`can_use_tool`). `--hooks deny-rm` is a hook that denies Bash every `rm `; what hooks
have seen is told at the end of an answer. `--tools` is an MCP server in this process, `app`, with the tool `where`, which
may fail. `--turns kept` keeps a client of the SDK for each conversation (kept.py), `--partial on` passes on what comes
before a message is complete.
"""

import argparse
import asyncio
import collections
import contextlib
import contextvars
import dataclasses
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
# Started without streams, as some launchers do it: what is opened first must not become one.
for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
    if getattr(sys, name) is None:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
        setattr(sys, name, open(number, mode, closefd=False))
sys.path.insert(1, str(Path(__file__).resolve().parent / "site-packages"))

import anyio
import callbacks
import history
import kept
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--claude-path")
parser.add_argument("--sdk", choices=["claude_code_sdk", "claude_agent_sdk"], default="claude_code_sdk")
parser.add_argument("--path-encoding", choices=["real", "upstream"], default="real")
parser.add_argument("--on-disconnect", choices=["cancel", "abandon"], default="cancel")
parser.add_argument("--grace-ms", type=int, default=5000)
parser.add_argument("--max-buffer-size", type=int)
parser.add_argument("--history-encoding", choices=["utf-8", "locale"], default="utf-8")
parser.add_argument("--clock", type=float, default=1)
parser.add_argument("--permissions", choices=["allow", "deny"])
parser.add_argument("--hooks", choices=["deny-rm"])
parser.add_argument("--tools", choices=["app", "failing"])
parser.add_argument("--turns", choices=["kept"])
parser.add_argument("--partial", choices=["on"])
options = parser.parse_args()

if options.sdk == "claude_code_sdk":
    import claude_code_sdk as sdk
    from claude_code_sdk._internal.transport.subprocess_cli import SubprocessCLITransport

    Options = sdk.ClaudeCodeOptions
else:
    import claude_agent_sdk as sdk

    Options = sdk.ClaudeAgentOptions

by_sdk = options.claude_path == "sdk"
if options.sdk == "claude_code_sdk" and options.claude_path and not by_sdk:
    # Its clients take no path: they look for one.
    SubprocessCLITransport._find_cli = lambda self: options.claude_path
# Where the locale is no UTF-8, paths are bytes that its letters do not show.
for stream in (sys.stdout, sys.stderr):
    if stream:
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")
# A launcher's own variables make the CLI another program than it is.
for name in [
    "CLAUDECODE", "NODE_OPTIONS", "VSCODE_INSPECTOR_OPTIONS", "LD_LIBRARY_PATH", "LD_PRELOAD",
    "DYLD_INSERT_LIBRARIES", "DYLD_LIBRARY_PATH",
]:  # fmt: skip
    os.environ.pop(name, None)


def log(line):
    """An app that stops reading, or is gone, must not take the server with it."""
    with contextlib.suppress(OSError, ValueError):
        print(re.sub(r"[\r\n]", " ", line), flush=True)


# --- Turns ---------------------------------------------------------------------------------------------

# Neither SDK hands out its child. This tells which processes a turn started, so that one that outlives an
# abort can be ended.
in_turn = contextvars.ContextVar("in_turn", default=None)
open_process = anyio.open_process


async def open_and_note(command, **how):
    child = await open_process(command, **how)
    turn = in_turn.get()
    if turn:
        turn.children.append(child)
        log(f"chat {turn.id}: started {command[0]} as {child.pid}")
    return child


anyio.open_process = open_and_note

# The SDK's limit on its handshake and other requests, so many times as long: nobody waits a minute for it. What it gives
# a CLI to end in order is left as it is.
fail_after = anyio.fail_after
anyio.fail_after = lambda delay, **how: fail_after(delay * options.clock if delay and delay >= 60 else delay, **how)


class Turn:
    def __init__(self, id):
        self.id = id or "-"
        self.children = []
        self.lines = asyncio.Queue()
        self.notes = []
        self.open = True
        self.task = None
        self.conversation = None

    def note(self, text):
        self.notes.append(text)

    def cancel(self, by_user=False):
        if not self.open:
            return
        self.open = False
        if self.conversation and self.conversation.turn is self:
            if by_user:
                self.stopping = asyncio.create_task(self.conversation.interrupt())
            else:
                self.conversation.end()
            return
        # One SDK closes stdin and gives the CLI five seconds, the other waits without limit for its end.
        kept.end_children(self.children, signal.SIGTERM)
        self.task.cancel()
        asyncio.get_running_loop().call_later(options.grace_ms / 1000, kept.end_children, self.children, signal.SIGKILL)


turns = set()
stopping = False


def on_the_wire(message):
    """A message of the SDK as the CLI had written it, as far as the SDK has kept it."""
    if isinstance(message, sdk.SystemMessage):
        return message.data
    fields = {name: value for name, value in dataclasses.asdict(message).items() if value is not None}
    if isinstance(message, sdk.ResultMessage):
        return {"type": "result", **fields}
    if not isinstance(message, (sdk.AssistantMessage, sdk.UserMessage)):
        kind = "rate_limit_event" if type(message).__name__ == "RateLimitEvent" else "stream_event"
        return {"type": kind, **fields}
    role = "assistant" if isinstance(message, sdk.AssistantMessage) else "user"
    content = message.content
    if not isinstance(content, str):
        content = [block_on_the_wire(block) for block in content]
    inner = {"role": role, "content": content}
    for name in ("model", "usage", "stop_reason"):
        if name in fields:
            inner[name] = fields.pop(name)
    fields.pop("content")
    return {"type": role, "message": inner, **fields}


def block_on_the_wire(block):
    kinds = {"TextBlock": "text", "ThinkingBlock": "thinking", "ToolUseBlock": "tool_use", "ToolResultBlock": "tool_result"}
    name = type(block).__name__
    return {"type": kinds.get(name, name), **dataclasses.asdict(block)}


def argument(text):
    """A text from a request as the system takes it, in UTF-8 whatever the locale says."""
    return os.fsdecode(text.encode()) if text else None


def chosen_for(body):
    chosen = Options()
    chosen.resume = body.get("sessionId") or None
    chosen.allowed_tools = body.get("allowedTools") or []
    chosen.cwd = argument(body.get("workingDirectory"))
    chosen.permission_mode = body.get("permissionMode") or None
    chosen.include_partial_messages = options.partial == "on"
    if options.max_buffer_size:
        chosen.max_buffer_size = options.max_buffer_size
    if options.sdk == "claude_agent_sdk" and options.claude_path and not by_sdk:
        chosen.cli_path = options.claude_path
    if options.permissions:
        chosen.can_use_tool = callbacks.permissions(sdk, options.permissions)
    if options.hooks:
        chosen.hooks = callbacks.hooks(sdk, lambda text: in_turn.get().note(text))
    if options.tools:
        chosen.mcp_servers = callbacks.tools(sdk, fails=options.tools == "failing")
        chosen.allowed_tools = [*chosen.allowed_tools, "mcp__app__where"]
    return chosen


async def one_message(prompt):
    """What one SDK asks for where it is to answer the CLI; it ends with its only message, as in any app."""
    yield {"type": "user", "message": {"role": "user", "content": prompt}, "parent_tool_use_id": None, "session_id": ""}


def ask(prompt, chosen):
    if options.sdk == "claude_code_sdk" and (options.permissions or options.hooks or options.tools):
        prompt = one_message(prompt)
    elif options.sdk == "claude_code_sdk":
        prompt = argument(prompt) or ""
    return sdk.query(prompt=prompt, options=chosen)


conversations_kept, living = {}, set()


def conversation_of(body):
    conversation = conversations_kept.get(body.get("sessionId"))
    if conversation and conversation.lives():
        return conversation
    if conversation:
        conversation.end()
    client, by_signal = sdk.ClaudeSDKClient(chosen_for(body)), options.sdk == "claude_code_sdk"
    conversation = kept.Conversation(client, in_turn, take, options.grace_ms / 1000, by_signal)
    living.add(conversation)
    conversation.task.add_done_callback(lambda task: living.discard(conversation))
    return conversation


async def take(conversation, message):
    line = on_the_wire(message)
    if line.get("session_id"):
        conversations_kept[line["session_id"]] = conversation
    await conversation.turn.lines.put({"type": "claude_json", "data": line})


# A conversation has one turn at a time.
sessions = collections.defaultdict(asyncio.Lock)


async def follow(turn, body):
    in_turn.set(turn)
    last = {"type": "done"}
    try:
        session = body.get("sessionId")
        async with sessions[session] if session else contextlib.nullcontext():
            await answer(turn, body)
        if not turn.open:
            last = {"type": "error", "error": "Request aborted"}
    except asyncio.CancelledError:
        last = {"type": "error", "error": "Request aborted"}
    except Exception as error:
        last = {"type": "error", "error": (str(error) or repr(error)) if turn.open else "Request aborted"}
        log(f"chat {turn.id}: {last['error']}")
    turn.open = False
    for text in turn.notes:
        await turn.lines.put({"type": "claude_json", "data": {"type": "system", "subtype": text}})
    await turn.lines.put(last)
    await turn.lines.put(None)
    turns.discard(turn)


async def answer(turn, body):
    prompt = body["message"].removeprefix("/")
    if options.turns == "kept":
        turn.conversation = conversation_of(body)
        await turn.conversation.ask(turn, prompt)
        return
    async with contextlib.aclosing(ask(prompt, chosen_for(body))) as messages:
        async for message in messages:
            await turn.lines.put({"type": "claude_json", "data": on_the_wire(message)})


async def chat(request: Request):
    if stopping:
        return PlainTextResponse("Stopping", 503)
    try:
        body = json.loads(await request.body())
    except ValueError:
        return PlainTextResponse("Internal Server Error", 500)
    turn = Turn(body.get("requestId"))
    turns.add(turn)
    turn.task = asyncio.create_task(follow(turn, body))

    async def answer():
        try:
            while (line := await turn.lines.get()) is not None:
                yield json.dumps(line) + "\n"
        finally:
            if options.on_disconnect == "cancel":
                turn.cancel()

    return StreamingResponse(answer(), media_type="application/x-ndjson", headers={"cache-control": "no-cache"})


async def abort(request: Request):
    id = request.path_params["id"]
    found = [turn for turn in turns if turn.open and turn.id == id]
    for turn in found:
        turn.cancel(by_user=True)
    log(f"abort {id}: {'found' if found else 'not found'}")
    if found:
        return JSONResponse({"success": True, "message": "Request aborted"})
    return JSONResponse({"error": "Request not found or already completed"}, 404)


# --- HTTP ----------------------------------------------------------------------------------------------

started = time.monotonic()
history.read_as(options.path_encoding, options.history_encoding)


async def health(request: Request):
    uptime = time.monotonic() - started
    return JSONResponse({"status": "ok", "timestamp": int(time.time() * 1000), "uptime": uptime, "pid": os.getpid()})


async def page(request: Request):
    if request.url.path.startswith("/api"):
        return PlainTextResponse("Not found", 404)
    return HTMLResponse("<!doctype html>\n<title>Python backend</title>\n<p>The Python backend of claude-harness.\n")


app = Starlette(
    routes=[
        Route("/api/chat", chat, methods=["POST"]),
        Route("/api/abort/{id}", abort, methods=["POST"]),
        Route("/api/health", health),
        Route("/api/projects", history.projects),
        Route("/api/projects/{project}/histories", history.conversations),
        Route("/api/projects/{project}/histories/{session}", history.conversation),
        Route("/{rest:path}", page),
    ]
)


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        if self.started:
            log(f"python backend {os.getpid()}, {options.sdk}, claude {options.claude_path}")
            log(f"Listening on http://{options.host}:{options.port}/")

    @contextlib.contextmanager
    def capture_signals(self):
        """In place of uvicorn's, which dies of the signal in the end and knows nothing of turns."""
        for one in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(one, self.stop, one)
        yield

    def stop(self, by):
        global stopping
        if not stopping:
            stopping = True
            log(f"{by.name}: stopping")
            for turn in list(turns):
                turn.cancel()
            for conversation in living:
                conversation.end()
            self.should_exit = True


async def main():
    # A client that does not read cannot hold the server for longer than a CLI may.
    limit = options.grace_ms // 1000 + 1
    config = uvicorn.Config(
        app, host=options.host, port=options.port, log_level="warning", lifespan="off", timeout_graceful_shutdown=limit
    )
    server = Server(config)
    await server.serve()
    tasks = [one.task for one in [*turns, *living]]
    await asyncio.gather(*tasks, return_exceptions=True)
    log("stopped")


asyncio.run(main())
