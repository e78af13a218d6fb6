// What of the project's settings counts where the app says nothing.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "touch made", description: "Make" }), say("Done.")];
export const files = { ".claude/settings.json": JSON.stringify({ model: "haiku", permissions: { allow: ["Bash(touch:*)"] }, env: { COLOUR: "blue" } }) };

export default ({ query, read }) => read(query("go"));
