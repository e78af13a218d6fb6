// A subagent that the app defines, which uses a tool.
import { say, use } from "../kit.mjs";

export const api = [
  use("Task", { description: "Look", prompt: "Look into a.txt", subagent_type: "looker", run_in_background: false }),
  use("Read", { file_path: "<CWD>/a.txt" }),
  say("There is hay."),
  say("It found hay."),
];
export const files = { "a.txt": "hay\n" };
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read }) =>
  read(query("look", { agents: { looker: { description: "Mine: looks", prompt: "You look.", tools: ["Read"], model: "haiku" } } }));
