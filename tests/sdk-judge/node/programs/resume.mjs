// A conversation is resumed, forked, and continued.
import { say } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")], [say("Three.")], [say("Four.")]];

export default async ({ query, read }) => {
  const [first] = await read(query("one"));
  const session = first.session_id;
  await read(query("two", { resume: session }));
  await read(query("three", { resume: session, forkSession: true }));
  await read(query("four", { continue: true }));
};
