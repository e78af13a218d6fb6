// The app sends a command that runs to the background.
import { inbox, say, sleep, use } from "../kit.mjs";

export const api = [use("Bash", { command: "sleep 3; echo over", description: "Wait" }), say("Started."), say("It is over.")];
export const on = ["2.1.330"];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("go");
  let results = 0;
  return read(query(input, { allowedTools: ["Bash"] }), (message, q) => {
    if (message.type === "assistant" && message.message.content.some((block) => block.type === "tool_use"))
      sleep(800).then(() => call("backgroundTasks", () => q.backgroundTasks()));
    if (message.type === "result") results += 1;
    if (results === 2) input.end();
  });
};
