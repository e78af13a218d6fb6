// The budget for thinking is changed.
import { inbox, say } from "../kit.mjs";

export const api = [say("One."), say("Two.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 2) return input.end();
    await call("setMaxThinkingTokens", () => q.setMaxThinkingTokens(1024));
    input.send("two");
  });
};
