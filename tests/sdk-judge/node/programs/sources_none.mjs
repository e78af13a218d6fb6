// No settings at all.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "touch made", description: "Make" }), say("Denied.")];
export const files = { ".claude/settings.json": JSON.stringify({ model: "haiku", permissions: { allow: ["Bash"] } }), ".claude/commands/greet.md": "Greet\n" };

export default ({ query, read }) => read(query("go", { settingSources: [] }));
