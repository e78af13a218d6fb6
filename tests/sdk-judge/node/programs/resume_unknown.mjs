// A conversation that does not exist is resumed.
import { say } from "../kit.mjs";

export const api = [say("One.")];

export default ({ query, read }) => read(query("one", { resume: "11111111-2222-4333-8444-555555555555" }));
