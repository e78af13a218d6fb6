// A session with a title.
import { say } from "../kit.mjs";

export const api = [say("One.")];
export const on = ["2.1.330"];

export default async ({ sdk, query, read, call, cwd }) => {
  const [first] = await read(query("one", { title: "My talk" }));
  await call("getSessionInfo", () => sdk.getSessionInfo(first.session_id, { dir: cwd }));
};
