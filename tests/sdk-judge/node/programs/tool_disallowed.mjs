// A tool that is taken away, and used all the same.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("There is none.")];

export default ({ query, read }) => read(query("greet", { disallowedTools: ["Bash", "Write"] }));
