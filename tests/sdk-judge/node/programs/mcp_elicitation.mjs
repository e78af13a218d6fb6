// A server asks the user something.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("mcp__asker__ask", {}), say("Asked.")];
export const on = ["2.1.330"];
export const files = {
  "asker.py": `import json, sys
def send(m): print(json.dumps(m), flush=True)
call = None
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "initialize":
        send({"jsonrpc": "2.0", "id": m["id"], "result": {"protocolVersion": m["params"]["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "asker", "version": "1"}}})
    elif m.get("method") == "tools/list":
        send({"jsonrpc": "2.0", "id": m["id"], "result": {"tools": [{"name": "ask", "description": "Mine: asks", "inputSchema": {"type": "object"}}]}})
    elif m.get("method") == "tools/call":
        call = m["id"]
        send({"jsonrpc": "2.0", "id": 77, "method": "elicitation/create", "params": {"message": "Your name?", "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}}}})
    elif m.get("id") == 77:
        send({"jsonrpc": "2.0", "id": call, "result": {"content": [{"type": "text", "text": json.dumps(m.get("result") or m.get("error"))}]}})
    elif "id" in m and "method" in m:
        send({"jsonrpc": "2.0", "id": m["id"], "error": {"code": -32601, "message": "no"}})
`,
};

export default ({ query, read, told, hooks, cwd }) => {
  const input = inbox();
  input.send("ask");
  return read(
    query(input, {
      mcpServers: { asker: { type: "stdio", command: "python3", args: [`${cwd}/asker.py`] } },
      allowedTools: ["mcp__asker__ask"],
      onElicitation: told("onElicitation", { action: "accept", content: { name: "Ann" } }),
      hooks: hooks({ Elicitation: {}, ElicitationResult: {} }),
    }),
    (m) => m.type === "result" && input.end(),
  );
};
