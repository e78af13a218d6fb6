// Two sessions of one id.
import { say } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")]];
export const on = ["2.1.330"];
const sessionId = "11111111-2222-4333-8444-555555555555";

export default async ({ query, read }) => {
  await read(query("one", { sessionId }));
  await read(query("two", { sessionId }));
};
