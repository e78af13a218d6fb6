// The model refuses.
import { say } from "../kit.mjs";

export const api = [say("", { stop_reason: "refusal" })];

export default ({ query, read }) => read(query("hi"));
