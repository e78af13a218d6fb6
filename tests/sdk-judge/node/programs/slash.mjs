// Commands of the CLI itself.
import { inbox, say } from "../kit.mjs";

export const api = [say("One."), say("Two.")];

const lines = ["/cost", "/model haiku", "/clear", "/nosuch", "two"];

export default ({ query, read }) => {
  const input = inbox();
  const left = [...lines];
  input.send("one");
  return read(query(input), (message) => {
    if (message.type !== "result") return;
    const next = left.shift();
    if (next) input.send(next);
    else input.end();
  });
};
