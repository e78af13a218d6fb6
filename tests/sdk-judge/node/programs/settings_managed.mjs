// Settings that the app sets above the user's.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "touch made", description: "Make" }), say("Denied.")];
export const on = ["2.1.330"];

export default ({ query, read }) => read(query("go", { allowedTools: ["Bash"], managedSettings: { permissions: { deny: ["Bash(touch:*)"] } } }));
