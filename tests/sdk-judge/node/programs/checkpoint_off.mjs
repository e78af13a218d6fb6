// Files are put back though nothing keeps them.
import { inbox, say } from "../kit.mjs";

export const api = [say("One.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("one");
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    await call("rewindFiles", () => q.rewindFiles("33333333-2222-4333-8444-555555555555"));
    await call("rewindFiles dry", () => q.rewindFiles("33333333-2222-4333-8444-555555555555", { dryRun: true }));
    input.end();
  });
};
