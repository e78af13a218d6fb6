// The answer is as long as answers may be.
import { say } from "../kit.mjs";

export const api = [say("A text that is c", { stop_reason: "max_tokens" }), say("ut.")];

export default ({ query, read }) => read(query("hi"));
