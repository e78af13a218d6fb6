// Which hooks are called: matchers are patterns.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("Done.")];

export default ({ query, read, told }) => {
  const of = (matcher) => ({ matcher, hooks: [told(`PreToolUse ${matcher}`, {})] });
  const matchers = ["Bash", "B.*", "^Bash$", "Read|Bash", "Read", "bash", "*", "", "Ba"];
  return read(query("go", { allowedTools: ["Bash"], hooks: { PreToolUse: matchers.map(of) } }));
};
