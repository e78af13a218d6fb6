// Thinking with a budget, in the option that all versions of the SDK have.
import { think } from "../kit.mjs";

export const api = [think("Hm.", "Thought.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read }) => read(query("hi", { maxThinkingTokens: 2048 }));
