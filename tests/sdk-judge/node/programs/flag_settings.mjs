// The app changes its settings while the session runs.
import { inbox, say } from "../kit.mjs";

export const api = [say("One."), say("Two.")];
export const on = ["2.1.330"];

export default ({ query, read, call, text, log }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 2) return input.end();
    await call("applyFlagSettings", () => q.applyFlagSettings({ model: "haiku" }));
    await call("updateSettings", () => q.updateSettings("localSettings", { outputStyle: "Explanatory" }));
    log("file", text(".claude/settings.local.json"));
    input.send("two");
  });
};
