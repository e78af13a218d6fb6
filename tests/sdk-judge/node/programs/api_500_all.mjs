// The API fails more often than the CLI tries.
import { fail } from "../kit.mjs";

export const api = [fail(500, "api_error", "oops"), fail(500, "api_error", "oops"), fail(500, "api_error", "oops")];
export const env = { CLAUDE_CODE_MAX_RETRIES: "1" };
export const on = ["2.1.330"];

export default ({ query, read }) => read(query("hi"));
