// A store of the app gets the session, and gives it back.
import { say } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")]];
export const on = ["2.1.330"];

export default async ({ sdk, query, read, log, call }) => {
  const sessionStore = new sdk.InMemorySessionStore();
  const [first] = await read(query("one", { sessionStore }));
  await read(query("two", { sessionStore, resume: first.session_id }));
};
