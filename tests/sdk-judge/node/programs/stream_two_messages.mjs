// Streaming input: the second message comes after the first result.
import { inbox, say } from "../kit.mjs";

export const api = [say("One."), say("Two.")];

export default ({ query, read }) => {
  const input = inbox();
  let results = 0;
  input.send("first");
  return read(query(input), (message) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("second");
    else input.end();
  });
};
