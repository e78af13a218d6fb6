// The API fails at the turn after a tool; the session goes on.
import { fail, inbox, say, use } from "../kit.mjs";

export const api = [use("Read", { file_path: "<CWD>/a.txt" }), fail(400, "invalid_request_error", "no"), say("Two.")];
export const files = { "a.txt": "hay\n" };

export default ({ query, read }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  return read(query(input), (message) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("two");
    else input.end();
  });
};
