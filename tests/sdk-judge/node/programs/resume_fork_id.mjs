// A conversation is forked under an id of the app's.
import { say } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")], [say("Three.")]];
export const on = ["2.1.330"];

export default async ({ sdk, query, read, call, cwd }) => {
  const [first] = await read(query("one"));
  const sessionId = "11111111-2222-4333-8444-555555555555";
  await read(query("two", { resume: first.session_id, forkSession: true, sessionId }));
  await call("messages", () => sdk.getSessionMessages(sessionId, { dir: cwd }));
  await read(query("three", { continue: true }));
};
