// Thinking as the model likes, shown in summary, with little effort.
import { think } from "../kit.mjs";

export const api = [think("Hm.", "Thought.")];
export const on = ["2.1.330"];

export default ({ query, read }) => read(query("hi", { thinking: { type: "adaptive", display: "summarized" }, effort: "low" }));
