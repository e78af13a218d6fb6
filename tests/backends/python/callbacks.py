"""What the app has to say when the CLI asks it: about permissions, in hooks, and in a tool of its own."""


def permissions(sdk, answer):
    """The user says yes to everything, and takes the first answer to each question; or no."""

    async def can_use_tool(tool, given, context):
        if answer == "deny":
            return sdk.types.PermissionResultDeny(message="The user said no")
        if "questions" not in given:
            return sdk.types.PermissionResultAllow(updated_input=given)
        answers = {one["question"]: one["options"][0]["label"] for one in given["questions"]}
        return sdk.types.PermissionResultAllow(updated_input={**given, "answers": answers})

    return can_use_tool


def hooks(sdk, note):
    """`note` is told of each tool before and after it runs."""

    async def before(given, tool_use_id, context):
        tool, command = given["tool_name"], given["tool_input"].get("command", "")
        denied = tool == "Bash" and "rm " in command
        note(f"hook denies {tool}" if denied else f"hook before {tool}")
        if not denied:
            return {}
        decision = {"permissionDecision": "deny", "permissionDecisionReason": "This app removes nothing"}
        return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **decision}}

    async def after(given, tool_use_id, context):
        note(f"hook after {given['tool_name']}")
        return {}

    matcher = sdk.types.HookMatcher
    return {"PreToolUse": [matcher(hooks=[before])], "PostToolUse": [matcher(hooks=[after])]}


def tools(sdk, fails):
    """An MCP server in this very process, with one tool."""

    @sdk.tool("where", "Says where this tool runs.", {})
    async def where(given):
        if fails:
            raise RuntimeError("The map is lost")
        return {"content": [{"type": "text", "text": "In the app's own process"}]}

    return {"app": sdk.create_sdk_mcp_server("app", tools=[where])}
