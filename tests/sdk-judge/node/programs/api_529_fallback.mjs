// The API is overloaded: another model is asked.
import { fail, say } from "../kit.mjs";

const busy = fail(529, "overloaded_error", "Overloaded");
export const api = [busy, busy, busy, say("From the other.")];

export default ({ query, read }) => read(query("hi", { fallbackModel: "haiku" }));
