// An interrupt while a command runs; the session goes on.
import { inbox, say, sleep, use } from "../kit.mjs";

export const api = [use("Bash", { command: "sleep 20", description: "Sleep" }), say("Two.")];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  return read(query(input, { allowedTools: ["Bash"] }), async (message, q) => {
    if (message.type === "assistant" && message.message.content.some((block) => block.type === "tool_use"))
      sleep(1500).then(() => call("interrupt", () => q.interrupt()));
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("two");
    else input.end();
  });
};
