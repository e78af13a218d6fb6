// A session that is not kept cannot be resumed.
import { say } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")]];
export const on = ["2.0.77", "2.1.330"];

export default async ({ query, read }) => {
  const [first] = await read(query("one", { persistSession: false }));
  await read(query("two", { resume: first.session_id }));
};
