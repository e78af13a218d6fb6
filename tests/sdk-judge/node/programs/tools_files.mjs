// Write, Read, Edit and Read again, with edits accepted.
import { say, use } from "../kit.mjs";

export const api = [
  use("Write", { file_path: "<CWD>/a.txt", content: "one\ntwo\n" }),
  use("Read", { file_path: "<CWD>/a.txt" }),
  use("Edit", { file_path: "<CWD>/a.txt", old_string: "two", new_string: "three" }),
  use("Read", { file_path: "<CWD>/a.txt" }),
  say("Edited."),
];

export default async ({ query, read, text, log }) => {
  await read(query("edit", { permissionMode: "acceptEdits" }));
  log("file", text("a.txt"));
};
