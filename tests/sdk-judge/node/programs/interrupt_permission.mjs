// An interrupt while the app is asked for permission.
import { inbox, say, sleep, use } from "../kit.mjs";

export const api = [use("Write", { file_path: "<CWD>/a.txt", content: "a" }), say("Two.")];

export default ({ query, read, call, told }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  let q;
  const canUseTool = told("canUseTool", async () => {
    sleep(300).then(() => call("interrupt", () => q.interrupt()));
    await sleep(3000);
    return { behavior: "deny", message: "too late" };
  });
  q = query(input, { canUseTool });
  return read(q, (message) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("two");
    else input.end();
  });
};
