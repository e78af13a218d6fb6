// Streaming input: a second message while the first turn runs a tool.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "sleep 1; echo slept", description: "Sleep" }), say("One."), say("Two.")];

export default ({ query, read }) => {
  const input = inbox();
  input.send("first");
  let results = 0;
  return read(query(input, { allowedTools: ["Bash"] }), (message) => {
    if (message.type === "assistant" && message.message.content.some((block) => block.type === "tool_use")) input.send("second");
    if (message.type === "result") results += 1;
    if (message.type === "result") setTimeout(() => input.end(), 2500);
  });
};
