// A hook fails.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("Done.")];

export default ({ query, read, hooks }) => {
  const answer = () => {
    throw new Error("the hook broke");
  };
  return read(query("go", { allowedTools: ["Bash"], hooks: hooks({ PreToolUse: answer }) }));
};
