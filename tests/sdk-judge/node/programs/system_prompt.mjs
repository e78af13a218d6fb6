// The app's own system prompt, and one that is added to the default.
import { say } from "../kit.mjs";

export const api = [[say("Arr.")], [say("Arr again.")]];

export default async ({ query, read }) => {
  await read(query("hi", { systemPrompt: "You are a pirate.", customSystemPrompt: "You are a pirate." }));
  await read(query("hi", { systemPrompt: { type: "preset", preset: "claude_code", append: "Be brief." }, appendSystemPrompt: "Be brief." }));
};
