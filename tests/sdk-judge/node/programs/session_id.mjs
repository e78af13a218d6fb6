// The app chooses the session's id; it is taken the second time.
import { say } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")]];
export const on = ["2.1.330"];

export default async ({ query, read }) => {
  const sessionId = "11111111-2222-4333-8444-555555555555";
  await read(query("one", { sessionId }));
  await read(query("two", { sessionId }));
};
