// Hooks around tools: one that runs and one that fails.
import { say, uses } from "../kit.mjs";

export const api = [uses(["Bash", { command: "echo hi", description: "Greet" }], ["Read", { file_path: "<CWD>/none.txt" }]), say("Done.")];

export default ({ query, read, hooks }) =>
  read(query("go", { allowedTools: ["Bash"], hooks: hooks({ PreToolUse: {}, PostToolUse: {}, PostToolUseFailure: {}, PostToolBatch: {} }) }));
