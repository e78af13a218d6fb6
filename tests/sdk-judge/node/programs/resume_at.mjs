// A conversation is resumed at one of its messages, and at one that is not there.
import { say } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")], [say("Three.")], []];
export const on = ["2.0.77", "2.1.330"];

export default async ({ query, read }) => {
  const messages = await read(query("one"));
  const { uuid, session_id } = messages.find((message) => message.type === "assistant");
  await read(query("two", { resume: session_id }));
  await read(query("three", { resume: session_id, resumeSessionAt: uuid, forkSession: true }));
  await read(query("four", { resume: session_id, resumeSessionAt: "11111111-2222-4333-8444-555555555555" }));
};
