"""What programs are written with: the model's turns."""

USAGE = {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 1000}
ALL = ["1.0.108", "2.0.77", "2.1.330"]
SINCE_2 = ALL[1:]
SINCE_21 = ALL[2:]


def turn(*content, **more):
    """A turn of these content blocks."""
    tool = any(block["type"] == "tool_use" for block in content)
    return {"content": list(content), "stop_reason": "tool_use" if tool else "end_turn", "usage": USAGE, **more}


def say(text, **more):
    """A turn that says a text."""
    return turn({"type": "text", "text": text}, **more)


def use(name, tool_input, **more):
    """A turn that uses one tool."""
    return turn({"type": "tool_use", "name": name, "input": tool_input}, **more)


def think(thinking, text):
    """A turn that thinks, then says a text."""
    return turn({"type": "thinking", "thinking": thinking, "signature": "c2lnbmF0dXJl"}, {"type": "text", "text": text})


def fail(status, kind, message, **headers):
    """An error of the API instead of a turn."""
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return {"error": {"status": status, "body": body, "headers": headers}}
