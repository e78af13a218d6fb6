// The prompt is too long for the model.
import { fail } from "../kit.mjs";

export const api = [fail(400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum")];

export default ({ query, read }) => read(query("hi"));
