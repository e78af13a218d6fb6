// The whole answer to the first request.
import { inbox, say } from "../kit.mjs";

export const api = [say("Hi.")];
export const on = ["2.1.330"];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("hi");
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    await call("initializationResult", () => q.initializationResult());
    await call("reinitialize", () => q.reinitialize());
    input.end();
  });
};
