// Prompts that look like commands and are none.
import { inbox, say } from "../kit.mjs";

export const api = [say("One."), say("Two.")];
export const files = { "a.txt": "hay\n" };
export const on = ["2.1.330"];

export default ({ query, read }) => {
  const input = inbox();
  input.send("/cost");
  let results = 0;
  return read(query(input, { verbatimPrompts: true }), (message) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("look at @a.txt");
    else input.end();
  });
};
