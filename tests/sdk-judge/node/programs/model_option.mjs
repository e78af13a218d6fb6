// A model by its alias, and another one to fall back to.
import { say } from "../kit.mjs";

export const api = [say("Haiku here.")];

export default ({ query, read }) => read(query("hi", { model: "haiku", fallbackModel: "sonnet" }));
