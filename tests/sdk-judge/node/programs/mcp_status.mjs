// The state of servers: one that runs, one that cannot be started.
import { inbox, say } from "../kit.mjs";

export const api = [say("Hi.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read, call, server }) => {
  const input = inbox();
  input.send("hi");
  const mcpServers = { calc: server(), gone: { type: "stdio", command: "/no/such/server" } };
  return read(query(input, { mcpServers }), async (message, q) => {
    if (message.type !== "result") return;
    await call("mcpServerStatus", () => q.mcpServerStatus());
    input.end();
  });
};
