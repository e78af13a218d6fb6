// Thinking by its newer option.
import { think } from "../kit.mjs";

export const api = [think("Hm.", "Thought.")];
export const on = ["2.1.330"];

export default async ({ query, read }) => {
  await read(query("hi", { thinking: { type: "enabled", budgetTokens: 3000 } }));
};
