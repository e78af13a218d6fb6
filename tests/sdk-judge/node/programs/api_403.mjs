// The key may not.
import { fail } from "../kit.mjs";

export const api = [fail(403, "permission_error", "not for you")];

export default ({ query, read }) => read(query("hi"));
