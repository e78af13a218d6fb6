// The SDK forks a session, which is then resumed.
import { say } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")]];
export const on = ["2.1.330"];

export default async ({ sdk, query, read, call, cwd }) => {
  const [first] = await read(query("one"));
  const forked = await call("forkSession", () => sdk.forkSession(first.session_id, { dir: cwd }));
  await read(query("two", { resume: forked.sessionId }));
  await call("getSessionMessages", () => sdk.getSessionMessages(forked.sessionId, { dir: cwd }));
};
