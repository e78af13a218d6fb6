// Read of empty files, parts of files and folders.
import { say, use } from "../kit.mjs";

export const api = [
  use("Read", { file_path: "<CWD>/empty.txt" }),
  use("Read", { file_path: "<CWD>/long.txt", offset: 3, limit: 2 }),
  use("Read", { file_path: "<CWD>/long.txt", offset: 99 }),
  use("Read", { file_path: "<CWD>" }),
  say("Read."),
];
export const files = { "empty.txt": "", "long.txt": "1\n2\n3\n4\n5\n6\n" };

export default ({ query, read }) => read(query("read"));
