// Servers are added and taken away while the session runs.
import { inbox, say, use } from "../kit.mjs";

export const api = [say("None."), use("mcp__calc__add", { a: 1, b: 1 }), say("Two.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read, call, server }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  return read(query(input, { allowedTools: ["mcp__calc__add"] }), async (message, q) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 2) {
      await call("setMcpServers", () => q.setMcpServers({}));
      return input.end();
    }
    await call("setMcpServers", () => q.setMcpServers({ calc: server() }));
    input.send("two");
  });
};
