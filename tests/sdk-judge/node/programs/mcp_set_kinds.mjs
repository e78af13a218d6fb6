// Servers of several kinds are set, reconnected and switched off.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("mcp__late__add", { a: 1, b: 2 }), say("One.")];
export const on = ["2.1.330"];

export default ({ query, read, call, server }) => {
  const input = inbox();
  let begun = false;
  const q = query(input, { allowedTools: ["mcp__late__add"] });
  const go = async () => {
    await call("set", () => q.setMcpServers({ late: server("late"), gone: { type: "stdio", command: "nosuchprogram", args: [] } }));
    await call("status", () => q.mcpServerStatus());
    await call("reconnect", () => q.reconnectMcpServer("gone"));
    await call("reconnect", () => q.reconnectMcpServer("never"));
    await call("toggle", () => q.toggleMcpServer("gone", false));
    await call("resource", () => q.readMcpResource("gone", "ui://x"));
    await call("override", () => q.setMcpPermissionModeOverride("late", "auto"));
    input.send("go");
  };
  if (!begun) { begun = true; go(); }
  return read(q, (message) => message.type === "result" && input.end());
};
