// A hook sends an allowed tool to the user.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("Done.")];

export default ({ query, read, hooks, told }) => {
  const input = inbox();
  input.send("go");
  const answer = { hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "ask", permissionDecisionReason: "look first" } };
  const canUseTool = told("canUseTool", (name, given) => ({ behavior: "allow", updatedInput: given }));
  return read(query(input, { allowedTools: ["Bash"], canUseTool, hooks: hooks({ PreToolUse: answer }) }), (m) => m.type === "result" && input.end());
};
