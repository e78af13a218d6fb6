// A beta of the API.
import { say } from "../kit.mjs";

export const api = [say("Hi.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read }) => read(query("hi", { betas: ["context-1m-2025-08-07"] }));
