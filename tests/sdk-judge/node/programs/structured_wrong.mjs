// Structured output that does not fit its schema at first.
import { say, use } from "../kit.mjs";

export const api = [use("StructuredOutput", { town: "Paris" }), use("StructuredOutput", { city: "Paris" }), say("Told.")];
export const on = ["2.0.77", "2.1.330"];

const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

export default ({ query, read }) => read(query("city", { outputFormat: { type: "json_schema", schema } }));
