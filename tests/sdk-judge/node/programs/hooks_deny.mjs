// A hook denies a tool, in the new and in the old words.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), use("Read", { file_path: "<CWD>/a.txt" }), say("Denied.")];

export default ({ query, read, hooks }) => {
  const answer = (input) =>
    input.tool_name === "Bash"
      ? { hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "deny", permissionDecisionReason: "no shells" } }
      : { decision: "block", reason: "no files" };
  return read(query("go", { allowedTools: ["Bash"], hooks: hooks({ PreToolUse: answer }) }));
};
