// A command with its own time limit.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo begun; sleep 9", description: "Wait", timeout: 1000 }), say("Too slow.")];

export default ({ query, read }) => read(query("go", { allowedTools: ["Bash"] }));
