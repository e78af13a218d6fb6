// The app reads files through the CLI.
import { inbox, say } from "../kit.mjs";

export const api = [say("One.")];
export const files = { "a.txt": "hay\nneedle\n", "empty.txt": "", "~/out.txt": "out\n" };
export const on = ["2.1.330"];

export default ({ query, read, call, cwd, home }) => {
  const input = inbox();
  input.send("one");
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    await call("whole", () => q.readFile("a.txt"));
    await call("absolute", () => q.readFile(`${cwd}/a.txt`));
    await call("part", () => q.readFile("a.txt", { maxBytes: 5 }));
    await call("base64", () => q.readFile("a.txt", { encoding: "base64" }));
    await call("empty", () => q.readFile("empty.txt"));
    await call("missing", () => q.readFile("missing.txt"));
    await call("folder", () => q.readFile("."));
    await call("outside", () => q.readFile(`${home}/out.txt`));
    input.end();
  });
};
