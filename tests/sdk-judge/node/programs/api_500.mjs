// The API fails once; then it goes on.
import { fail, say } from "../kit.mjs";

export const api = [fail(500, "api_error", "oops"), say("Hi.")];

export default ({ query, read }) => read(query("hi"));
