// A sandbox that the app asks for.
import { say, use } from "../kit.mjs";

export const api = [use("Read", { file_path: "<CWD>/a.txt" }), say("Done.")];
export const files = { "a.txt": "hay\n" };
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read }) => read(query("go", { sandbox: { enabled: true, autoAllowBashIfSandboxed: true } }));
