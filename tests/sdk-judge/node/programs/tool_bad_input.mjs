// A tool with an input that does not fit it.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { cmd: "echo hi" }), say("Wrong.")];

export default ({ query, read }) => read(query("go", { allowedTools: ["Bash"] }));
