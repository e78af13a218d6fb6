// A subagent that does not exist.
import { say, use } from "../kit.mjs";

export const api = [use("Task", { description: "Look", prompt: "Look", subagent_type: "nobody" }), say("There is none.")];

export default ({ query, read }) => read(query("go"));
