// Two tools in one turn, one fails.
import { say, uses } from "../kit.mjs";

export const api = [uses(["Read", { file_path: "<CWD>/a.txt" }], ["Read", { file_path: "<CWD>/none.txt" }]), say("One of two.")];
export const files = { "a.txt": "one\n" };

export default ({ query, read }) => read(query("read"));
