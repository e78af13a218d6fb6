// A plugin that is not there.
import { say } from "../kit.mjs";

export const api = [say("Hi.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read, cwd }) => read(query("hi", { plugins: [{ type: "local", path: `${cwd}/none` }] }));
