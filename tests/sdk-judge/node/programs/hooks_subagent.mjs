// Hooks around a subagent.
import { say, use } from "../kit.mjs";

export const api = [
  use("Task", { description: "Look", prompt: "Look around", subagent_type: "general-purpose", run_in_background: false }),
  say("I looked."),
  say("It looked."),
];

export default ({ query, read, hooks }) =>
  read(query("go", { hooks: hooks({ PreToolUse: {}, PostToolUse: {}, SubagentStart: {}, SubagentStop: {}, Stop: {} }) }));
