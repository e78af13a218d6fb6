// A hook complains about a result, another one ends the turn.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo one", description: "One" }), use("Bash", { command: "echo two", description: "Two" }), say("Never.")];

export default ({ query, read, hooks }) => {
  const answer = (input) =>
    input.tool_input.command === "echo one" ? { decision: "block", reason: "I dislike one" } : { continue: false, stopReason: "two is too much" };
  return read(query("go", { allowedTools: ["Bash"], hooks: hooks({ PostToolUse: answer }) }));
};
