// A server is switched off and on, and connected anew.
import { inbox, say } from "../kit.mjs";

export const api = [say("Hi.")];
export const on = ["2.1.330"];

export default ({ query, read, call, server }) => {
  const input = inbox();
  input.send("hi");
  return read(query(input, { mcpServers: { calc: server() } }), async (message, q) => {
    if (message.type !== "result") return;
    await call("toggle off", () => q.toggleMcpServer("calc", false));
    await call("status", () => q.mcpServerStatus());
    await call("toggle on", () => q.toggleMcpServer("calc", true));
    await call("reconnect", () => q.reconnectMcpServer("calc"));
    await call("reconnect none", () => q.reconnectMcpServer("none"));
    await call("override", () => q.setMcpPermissionModeOverride("calc", "auto"));
    input.end();
  });
};
