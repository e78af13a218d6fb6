// No thinking.
import { say } from "../kit.mjs";

export const api = [say("Quick.")];
export const on = ["2.1.330"];

export default ({ query, read }) => read(query("hi", { thinking: { type: "disabled" }, taskBudget: { total: 50000 } }));
