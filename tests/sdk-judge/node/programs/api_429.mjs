// Too many requests once; then it goes on.
import { fail, say } from "../kit.mjs";

export const api = [fail(429, "rate_limit_error", "slow down", { "retry-after": "1" }), say("Hi.")];

export default ({ query, read }) => read(query("hi"));
