// Read shows pictures, notebooks, empty and long files.
import { say, uses } from "../kit.mjs";

export const api = [
  uses(
    ["Read", { file_path: "<CWD>/empty.txt" }],
    ["Read", { file_path: "<CWD>/long.txt", offset: 3, limit: 2 }],
    ["Read", { file_path: "<CWD>/long.txt", offset: 99 }],
    ["Read", { file_path: "<CWD>" }],
  ),
  say("Read."),
];
export const files = { "empty.txt": "", "long.txt": "1\n2\n3\n4\n5\n6\n" };

export default ({ query, read }) => read(query("read"));
