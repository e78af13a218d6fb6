// The model is changed between two turns.
import { inbox, say } from "../kit.mjs";

export const api = [say("One."), say("Two."), say("Three.")];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 3) return input.end();
    await call("setModel", () => q.setModel(results === 1 ? "haiku" : undefined));
    input.send("next");
  });
};
