// The app reads a file through the CLI, and says what it knows of another.
import { inbox, say, use } from "../kit.mjs";

export const api = [say("Hi."), use("Edit", { file_path: "<CWD>/a.txt", old_string: "hay", new_string: "straw" }), say("Edited.")];
export const files = { "a.txt": "hay\n" };
export const on = ["2.1.330"];

export default ({ query, read, call, cwd }) => {
  const input = inbox();
  input.send("hi");
  let results = 0;
  return read(query(input, { permissionMode: "acceptEdits" }), async (message, q) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 2) return input.end();
    await call("readFile", () => q.readFile("a.txt"));
    await call("readFile none", () => q.readFile("none.txt"));
    await call("seedReadState", () => q.seedReadState(`${cwd}/a.txt`, Date.now() + 1000));
    input.send("edit");
  });
};
