// Hooks of the project's settings.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("Denied.")];
export const files = {
  ".claude/settings.json": JSON.stringify({ hooks: { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: "echo stop >&2; exit 2" }] }] } }),
};

export default ({ query, read }) => read(query("go", { allowedTools: ["Bash"], settingSources: ["project"] }));
