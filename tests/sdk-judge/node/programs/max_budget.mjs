// More money than is allowed.
import { say, use } from "../kit.mjs";

export const api = [use("Read", { file_path: "<CWD>/a.txt" }), say("Too late.")];
export const files = { "a.txt": "a\n" };
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read }) => read(query("read", { maxBudgetUsd: 0.000001 }));
