// A file of another folder that the app adds.
import { say, use } from "../kit.mjs";

export const api = [use("Read", { file_path: "<HOME>/more/a.txt" }), say("Read.")];
export const files = { "~/more/a.txt": "elsewhere\n" };

export default ({ query, read, home }) => read(query("read", { additionalDirectories: [`${home}/more`] }));
