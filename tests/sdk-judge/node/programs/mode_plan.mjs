// Plan mode: nothing is written.
import { say, use } from "../kit.mjs";

export const api = [use("Write", { file_path: "<CWD>/a.txt", content: "a" }), say("Only a plan.")];

export default ({ query, read }) => read(query("plan", { permissionMode: "plan" }));
