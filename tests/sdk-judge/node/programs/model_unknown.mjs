// A model that the API does not know.
import { fail } from "../kit.mjs";

export const api = [fail(404, "not_found_error", "model: claude-nope"), fail(404, "not_found_error", "model: claude-nope")];

export default ({ query, read }) => read(query("hi", { model: "claude-nope" }));
