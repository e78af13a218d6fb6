// The request is too large.
import { fail } from "../kit.mjs";

export const api = [fail(413, "request_too_large", "Request exceeds the maximum size")];

export default ({ query, read }) => read(query("hi"));
