// The app denies and ends the turn; the next one goes on.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Write", { file_path: "<CWD>/a.txt", content: "a" }), say("Next.")];

export default ({ query, read, told }) => {
  const input = inbox();
  input.send("write");
  let results = 0;
  const canUseTool = told("canUseTool", { behavior: "deny", message: "Stop it", interrupt: true });
  return read(query(input, { canUseTool }), (message) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("again");
    else input.end();
  });
};
