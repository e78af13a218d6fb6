// More turns than are allowed.
import { say, use } from "../kit.mjs";

export const api = [use("Read", { file_path: "<CWD>/a.txt" }), use("Read", { file_path: "<CWD>/a.txt" }), say("Never said.")];
export const files = { "a.txt": "a\n" };

export default ({ query, read }) => read(query("read", { maxTurns: 2 }));
