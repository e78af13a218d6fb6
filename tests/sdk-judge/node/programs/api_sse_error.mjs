// The stream tells of an error in its middle.
import { say } from "../kit.mjs";

export const api = [say("A text.", { sse_error: { type: "overloaded_error", message: "Overloaded" } }), say("A whole text.")];

export default ({ query, read }) => read(query("hi"));
