// Model, mode, thinking and settings change while a tool asks.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Write", { file_path: "<CWD>/a.txt", content: "a" }), say("One."), say("Two.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read, call, told }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  const q = query(input, {
    canUseTool: told("canUseTool", async (tool, given) => {
      await call("setModel", () => q.setModel("haiku"));
      await call("setMaxThinkingTokens", () => q.setMaxThinkingTokens(2000));
      await call("setPermissionMode", () => q.setPermissionMode("acceptEdits"));
      return { behavior: "allow", updatedInput: given };
    }),
  });
  return read(q, (message) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("two");
    else input.end();
  });
};
