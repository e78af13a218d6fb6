// Only some tools are there.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("No shell.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read }) => read(query("greet", { tools: ["Read", "Write"], allowedTools: ["Read"] }));
