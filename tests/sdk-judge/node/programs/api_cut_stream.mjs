// The connection is cut in the middle of an answer.
import { say } from "../kit.mjs";

export const api = [say("A text that is cut.", { disconnect_after: 4 }), say("A whole text.")];

export default ({ query, read }) => read(query("hi"));
