// What a subagent says is told, too.
import { say, use } from "../kit.mjs";

export const api = [
  use("Task", { description: "Look", prompt: "Look into a.txt", subagent_type: "general-purpose", run_in_background: false }),
  say("Subagent here."),
  say("It spoke."),
];
export const on = ["2.1.330"];

export default ({ query, read }) => read(query("look", { forwardSubagentText: true, includePartialMessages: true }));
