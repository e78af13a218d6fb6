// Partial messages of a tool's use.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("Done.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read }) => read(query("hi", { includePartialMessages: true, allowedTools: ["Bash"] }));
