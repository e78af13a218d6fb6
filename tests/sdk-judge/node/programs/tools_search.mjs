// Glob and Grep, asked for by name.
import { say, use } from "../kit.mjs";

export const api = [
  use("Glob", { pattern: "**/*.txt" }),
  use("Grep", { pattern: "needle", output_mode: "content" }),
  use("Grep", { pattern: "hay" }),
  use("Grep", { pattern: "nothing" }),
  say("Found."),
];
export const files = { "a.txt": "hay\nneedle\n", "b/c.txt": "hay\n" };

export default ({ query, read }) => read(query("find", { allowedTools: ["Read", "Glob", "Grep"] }));
