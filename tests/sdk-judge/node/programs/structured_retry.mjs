// Structured output that fits only the second time.
import { say, use } from "../kit.mjs";

export const api = [use("StructuredOutput", { n: "one" }), use("StructuredOutput", { n: 1 }), say("Given.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read }) =>
  read(query("count", { outputFormat: { type: "json_schema", schema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false } } }));
