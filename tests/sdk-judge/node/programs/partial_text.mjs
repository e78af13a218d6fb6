// Partial messages of a text and of thinking.
import { think } from "../kit.mjs";

export const api = [think("Let me see.", "A text in two halves.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read }) => read(query("hi", { includePartialMessages: true }));
