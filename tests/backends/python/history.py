"""The conversations that the CLI has kept on disk, as the app's window shows them.

Nothing here is `async`: Starlette runs it in a thread, so that the event loop stays free.
"""

import json
import os
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse

home = Path(os.path.expanduser("~"))
config_folder = os.environ.get("CLAUDE_CONFIG_DIR")
config_file = Path(config_folder or home) / ".claude.json"
projects_folder = Path(config_folder or home / ".claude") / "projects"


def read_as(path_encoding, encoding):
    """How a project's path becomes a folder's name, and a transcript text."""
    global dashed, told
    dashed = re.compile(r"[/\\:._]" if path_encoding == "upstream" else r"[^A-Za-z0-9]")
    told = {"encoding": "utf-8", "errors": "replace"} if encoding == "utf-8" else {}


def is_file_name(name):
    return bool(name) and name not in (".", "..") and not re.search(r'[<>:"|?*\x00-\x1f/\\]', name)


def projects(request: Request):
    try:
        config = json.loads(config_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return JSONResponse({"projects": []})
    except (OSError, ValueError):
        return JSONResponse({"error": "Failed to read projects"}, 500)
    found = []
    for path in config.get("projects", {}):
        encoded = dashed.sub("-", re.sub(r"/$", "", path))
        if (projects_folder / encoded).is_dir():
            found.append({"path": path, "encodedName": encoded})
    return JSONResponse({"projects": found})


def entries(file):
    """The lines of a transcript that can be read."""
    with open(file, **told) as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                yield entry


def message_of(entry):
    message = entry.get("message")
    return message if isinstance(message, dict) else {}


def summary(file):
    found = {"sessionId": file.stem, "startTime": "", "lastTime": "", "messageCount": 0, "lastMessagePreview": ""}
    ids = set()
    for entry in entries(file):
        found["messageCount"] += 1
        at, message = entry.get("timestamp"), message_of(entry)
        if at:
            found["startTime"] = min(found["startTime"] or at, at)
            found["lastTime"] = max(found["lastTime"], at)
        if message.get("role") != "assistant":
            continue
        if message.get("id"):
            ids.add(message["id"])
        said = message.get("content")
        if isinstance(said, list):
            texts = (block.get("text") for block in said if isinstance(block, dict))
            said = next((text for text in texts if isinstance(text, str)), None)
        if isinstance(said, str):
            found["lastMessagePreview"] = said[:100]
    found["lastMessagePreview"] = found["lastMessagePreview"] or "No preview available"
    return found, tuple(sorted(ids))


def conversations(request: Request):
    name = request.path_params["project"]
    if not is_file_name(name):
        return JSONResponse({"error": "Invalid encoded project name"}, 400)
    folder = projects_folder / name
    if not folder.is_dir():
        return JSONResponse({"error": "Project not found"}, 404)
    seen, found = set(), []
    for file in sorted(folder.glob("*.jsonl")):
        one, ids = summary(file)
        if not one["messageCount"] or (ids and ids in seen):
            continue
        seen.add(ids)
        found.append(one)
    found.sort(key=lambda one: one["startTime"], reverse=True)
    return JSONResponse({"conversations": found})


def conversation(request: Request):
    project, session = request.path_params["project"], request.path_params["session"]
    if not is_file_name(project):
        return JSONResponse({"error": "Invalid encoded project name"}, 400)
    if not is_file_name(session) or session.startswith("."):
        error = "Invalid session ID format"
        return JSONResponse({"error": error, "details": error}, 400)
    file = projects_folder / project / f"{session}.jsonl"
    if not file.is_file():
        return JSONResponse({"error": "Conversation not found", "sessionId": session}, 404)
    messages = list(entries(file))
    if not messages:
        return JSONResponse({"error": "Failed to fetch conversation details", "details": "Empty conversation file"}, 500)
    # Parts of one message were written one by one; they stay together, at the time of the first.
    first = {}
    for entry in messages:
        if message_of(entry).get("role") == "assistant" and (id := message_of(entry).get("id")):
            at = entry.get("timestamp", "")
            first[id] = min(first.get(id, at), at)
    last, timed = "", []
    for entry in messages:
        id = message_of(entry).get("id") if message_of(entry).get("role") == "assistant" else None
        if id in first:
            entry = {**entry, "timestamp": first[id]}
        last = entry.get("timestamp", last)
        timed.append((last, entry))
    timed.sort(key=lambda one: one[0])
    messages = [entry for _, entry in timed]
    times = [entry["timestamp"] for entry in messages if entry.get("timestamp")] or [""]
    metadata = {"startTime": times[0], "endTime": times[-1], "messageCount": len(messages)}
    return JSONResponse({"sessionId": session, "messages": messages, "metadata": metadata})
