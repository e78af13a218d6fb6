// The mode is changed between two turns.
import { inbox, say, use } from "../kit.mjs";

export const api = [
  use("Write", { file_path: "<CWD>/a.txt", content: "a" }),
  say("Denied."),
  use("Write", { file_path: "<CWD>/b.txt", content: "b" }),
  say("Written."),
];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 2) return input.end();
    await call("setPermissionMode", () => q.setPermissionMode("acceptEdits"));
    input.send("two");
  });
};
