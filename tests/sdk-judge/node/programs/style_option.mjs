// An output style of the project.
import { say } from "../kit.mjs";

export const api = [say("Arr.")];
export const files = { ".claude/output-styles/pirate.md": "---\nname: Pirate\ndescription: Mine: speaks so\n---\nSpeak so.\n" };
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read }) => read(query("go", { settings: JSON.stringify({ outputStyle: "Pirate" }), settingSources: ["project"] }));
