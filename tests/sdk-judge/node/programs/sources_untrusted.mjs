// The project's settings in a folder that nobody trusted.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "touch made", description: "Make" }), say("Done.")];
export const files = { ".claude/settings.json": JSON.stringify({ permissions: { allow: ["Bash"], deny: ["Read"] }, outputStyle: "Explanatory" }) };

export default ({ query, read }) => read(query("go", { settingSources: ["project"] }));
