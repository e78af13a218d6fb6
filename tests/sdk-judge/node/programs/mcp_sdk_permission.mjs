// A tool of the app itself is asked for.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("mcp__calc__add", { a: 2, b: 3 }), say("Five.")];

export default ({ query, read, server, told }) => {
  const input = inbox();
  input.send("add");
  const canUseTool = told("canUseTool", (name, given) => ({ behavior: "allow", updatedInput: { a: 20, b: 30 } }));
  return read(query(input, { mcpServers: { calc: server() }, canUseTool }), (m) => m.type === "result" && input.end());
};
