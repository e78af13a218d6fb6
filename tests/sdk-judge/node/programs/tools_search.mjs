// Glob and Grep, asked for by name.
import { say, uses } from "../kit.mjs";

export const api = [uses(["Glob", { pattern: "**/*.txt" }], ["Grep", { pattern: "needle", output_mode: "content" }]), say("Found.")];
export const files = { "a.txt": "hay\nneedle\n", "b/c.txt": "hay\n" };

export default ({ query, read }) => read(query("find", { allowedTools: ["Read", "Glob", "Grep"] }));
