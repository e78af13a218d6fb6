// A tool that nobody allows.
import { say, use } from "../kit.mjs";

export const api = [use("Write", { file_path: "<CWD>/a.txt", content: "a\n" }), say("I may not.")];

export default ({ query, read }) => read(query("write"));
