// The main model is overloaded from the second request on.
import { fail, say, use } from "../kit.mjs";

const full = fail(529, "overloaded_error", "Overloaded");
export const api = [use("Read", { file_path: "<CWD>/a.txt" }), full, full, full, say("Done.")];
export const files = { "a.txt": "hay\n" };
export const on = ["2.1.330"];

export default ({ query, read }) => read(query("go", { model: "sonnet", fallbackModel: "haiku" }));
