// An interrupt in the middle of an answer; the session goes on.
import { inbox, say } from "../kit.mjs";

export const api = [say("This is a long answer that comes slowly.", { chunk: 4, gap: 0.3 }), say("Two.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  let asked = false;
  return read(query(input, { includePartialMessages: true }), async (message, q) => {
    if (message.type === "stream_event" && message.event.type === "content_block_delta" && !asked) {
      asked = true;
      await call("interrupt", () => q.interrupt());
    }
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("two");
    else input.end();
  });
};
