// The API refuses the request.
import { fail } from "../kit.mjs";

export const api = [fail(400, "invalid_request_error", "messages: too odd")];

export default ({ query, read }) => read(query("hi"));
