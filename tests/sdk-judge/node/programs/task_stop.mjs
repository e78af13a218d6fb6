// The app stops a command in the background.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "sleep 30", description: "Wait", run_in_background: true }), say("Started."), say("It was stopped.")];
export const on = ["2.1.330"];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("go");
  let task;
  let results = 0;
  return read(query(input, { allowedTools: ["Bash"] }), async (message, q) => {
    if (message.subtype === "task_started") task = message.task_id;
    if (message.type !== "result") return;
    results += 1;
    if (results > 1) return;
    await call("stopTask", () => q.stopTask(task));
    await call("stopTask none", () => q.stopTask("none"));
    input.end();
  });
};
