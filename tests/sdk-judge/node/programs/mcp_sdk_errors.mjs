// Tools of the app itself that fail, are given a wrong input, are not there, or show a picture.
import { inbox, say, use } from "../kit.mjs";

export const api = [
  use("mcp__calc__broken", { why: "no reason" }),
  use("mcp__calc__add", { a: "two" }),
  use("mcp__calc__none", {}),
  use("mcp__calc__picture", {}),
  say("All failed but one."),
];

export default ({ query, read, server }) => {
  const input = inbox();
  input.send("go");
  return read(query(input, { mcpServers: { calc: server() }, allowedTools: ["mcp__calc__add", "mcp__calc__broken", "mcp__calc__none", "mcp__calc__picture"] }), (m) => m.type === "result" && input.end());
};
