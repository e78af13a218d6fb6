// What was used so far.
import { inbox, say } from "../kit.mjs";

export const api = [say("One.")];
export const on = ["2.1.330"];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("one");
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    await call("summary", () => q.getContextUsage({ detail: "summary" }));
    await call("full", () => q.getContextUsage({ detail: "full" }));
    await call("usage", () => q.usage_EXPERIMENTAL_MAY_CHANGE_DO_NOT_RELY_ON_THIS_API_YET({ skipBehaviors: true }));
    await call("reloadOutputStyles", () => q.reloadOutputStyles());
    await call("reinitialize", () => q.reinitialize());
    input.end();
  });
};
