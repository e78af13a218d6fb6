// A hook allows a tool with another input.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "touch danger", description: "Do" }), say("Done.")];

export default ({ query, read, hooks }) => {
  const answer = (input) => ({
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision: "allow",
      permissionDecisionReason: "made safe",
      updatedInput: { ...input.tool_input, command: "echo safe" },
    },
  });
  return read(query("go", { hooks: hooks({ PreToolUse: answer }) }));
};
