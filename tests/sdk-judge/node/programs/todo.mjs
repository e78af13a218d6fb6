// The list of things to do.
import { say, use } from "../kit.mjs";

export const api = [
  use("TodoWrite", { todos: [{ content: "Do it", status: "in_progress", activeForm: "Doing it" }] }),
  say("Noted."),
];

export default ({ query, read }) => read(query("plan"));
