// Hooks hear of another model.
import { inbox, say } from "../kit.mjs";

export const api = [say("One."), say("Two."), say("Three.")];
export const on = ["2.1.330"];

export default ({ query, read, call, hooks }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  return read(query(input, { hooks: hooks({ PreModelSwitch: {}, PostModelSwitch: {} }) }), async (message, q) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) {
      await call("setModel", () => q.setModel("haiku"));
      input.send("two");
    } else if (results === 2) input.send("/model opus");
    else if (results === 3) input.send("three");
    else input.end();
  });
};
