// A hook is too slow.
import { say, sleep, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("Done.")];

export default ({ query, read, told }) =>
  read(query("go", { allowedTools: ["Bash"], hooks: { PreToolUse: [{ timeout: 1, hooks: [told("PreToolUse", () => sleep(4000).then(() => ({})))] }] } }));
