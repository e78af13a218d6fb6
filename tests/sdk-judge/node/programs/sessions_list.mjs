// The SDK reads the sessions that the CLI wrote.
import { say, use } from "../kit.mjs";

export const api = [[use("Read", { file_path: "<CWD>/a.txt" }), say("One.")], [say("Two.")]];
export const files = { "a.txt": "hay\n" };
export const on = ["2.1.330"];

export default async ({ sdk, query, read, call, cwd }) => {
  const [first] = await read(query("one"));
  await read(query("two", { resume: first.session_id }));
  const dir = { dir: cwd };
  await call("listSessions", () => sdk.listSessions(dir));
  await call("getSessionInfo", () => sdk.getSessionInfo(first.session_id, dir));
  await call("getSessionMessages", () => sdk.getSessionMessages(first.session_id, dir));
  await call("renameSession", () => sdk.renameSession(first.session_id, "Renamed", dir));
  await call("tagSession", () => sdk.tagSession(first.session_id, "mine", dir));
  await call("getSessionInfo", () => sdk.getSessionInfo(first.session_id, dir));
  await call("deleteSession", () => sdk.deleteSession(first.session_id, dir));
  await call("listSessions", () => sdk.listSessions(dir));
};
