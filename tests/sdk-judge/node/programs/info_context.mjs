// How the context is used.
import { inbox, say } from "../kit.mjs";

export const api = [say("Hi.")];
export const on = ["2.1.330"];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("hi");
  return read(query(input, { systemPrompt: "You are brief." }), async (message, q) => {
    if (message.type !== "result") return;
    const usage = await q.getContextUsage();
    await call("getContextUsage", async () => ({ keys: Object.keys(usage), model: usage.model, maxTokens: usage.maxTokens, categories: usage.categories?.map((c) => c.name) }));
    input.end();
  });
};
