// A preset with something added, in agents and files.
import { say, use } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")]];
export const files = { "prompt.txt": "From a file.\n" };
export const on = ["2.0.77", "2.1.330"];

export default async ({ query, read, cwd }) => {
  await read(query("one", { systemPrompt: { type: "preset", preset: "claude_code", append: "More." } }));
  await read(query("two", { extraArgs: { "system-prompt-file": `${cwd}/prompt.txt` } }));
};
