// A command that is allowed beforehand.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi; echo no >&2; exit 3", description: "Greet" }), say("It failed.")];

export default ({ query, read }) => read(query("greet", { allowedTools: ["Bash"] }));
