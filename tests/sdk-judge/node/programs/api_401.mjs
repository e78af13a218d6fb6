// The key is wrong.
import { fail } from "../kit.mjs";

export const api = [fail(401, "authentication_error", "invalid x-api-key")];

export default ({ query, read }) => read(query("hi"));
