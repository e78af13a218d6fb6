// An interrupt when there is nothing to interrupt.
import { inbox, say } from "../kit.mjs";

export const api = [say("One.")];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("one");
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    await call("interrupt", () => q.interrupt());
    input.end();
  });
};
