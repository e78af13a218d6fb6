// Tools of the app itself.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("mcp__calc__add", { a: 2, b: 3 }), say("Five.")];

export default ({ query, read, server }) => {
  const input = inbox();
  input.send("add");
  return read(query(input, { mcpServers: { calc: server() }, allowedTools: ["mcp__calc__add"] }), (m) => m.type === "result" && input.end());
};
