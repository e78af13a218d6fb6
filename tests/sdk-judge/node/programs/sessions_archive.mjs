// Sessions are put away and fetched back.
import { say, user, turn } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")]];
export const on = ["2.1.330"];

export default async ({ sdk, query, read, call, cwd }) => {
  const dir = { dir: cwd };
  const [first] = await read(query("one", { title: "First" }));
  await read(query("two"));
  await call("archive", () => sdk.archiveSession(first.session_id, dir));
  await call("list", () => sdk.listSessions(dir));
  await call("unarchive", () => sdk.unarchiveSession(first.session_id, dir));
  await call("info", () => sdk.getSessionInfo(first.session_id, dir));
  await call("fork", () => sdk.forkSession(first.session_id, { ...dir, title: "Fork" }));
  await call("list", () => sdk.listSessions({ ...dir, limit: 2 }));
};
