// Structured output.
import { say, use } from "../kit.mjs";

export const api = [use("StructuredOutput", { city: "Paris", size: 2 }), say("Told.")];
export const on = ["2.0.77", "2.1.330"];

const schema = {
  type: "object",
  properties: { city: { type: "string" }, size: { type: "number" } },
  required: ["city"],
  additionalProperties: false,
};

export default ({ query, read }) => read(query("city", { outputFormat: { type: "json_schema", schema } }));
