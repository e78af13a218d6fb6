// A session of the disk is brought into the app's store, with tools and a subagent.
import { say, use } from "../kit.mjs";

export const api = [
  [use("Read", { file_path: "<CWD>/a.txt" }), say("One.")],
  [say("Two.")],
];
export const files = { "a.txt": "hay\n" };
export const on = ["2.1.330"];

export default async ({ sdk, query, read, call, cwd }) => {
  const [first] = await read(query("one"));
  const store = new sdk.InMemorySessionStore();
  await call("import", () => sdk.importSessionToStore(first.session_id, store, { dir: cwd }));
  await call("list", () => sdk.listSessions({ dir: cwd, sessionStore: store }));
  await call("messages", () => sdk.getSessionMessages(first.session_id, { dir: cwd, sessionStore: store }));
  await read(query("two", { resume: first.session_id, sessionStore: store, sessionStoreFlush: "eager" }));
  await call("messages", () => sdk.getSessionMessages(first.session_id, { dir: cwd, sessionStore: store }));
};
