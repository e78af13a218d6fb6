// Names of tools that the app gives another tool.
import { say, use } from "../kit.mjs";

export const api = [use("Look", { file_path: "<CWD>/a.txt" }), say("Looked.")];
export const files = { "a.txt": "hay\n" };
export const on = ["2.1.330"];

export default ({ query, read }) => read(query("look", { toolAliases: { Look: "Read" } }));
