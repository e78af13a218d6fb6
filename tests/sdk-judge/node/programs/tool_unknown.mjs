// A tool that does not exist.
import { say, use } from "../kit.mjs";

export const api = [use("Teleport", { to: "Mars" }), say("There is none.")];

export default ({ query, read }) => read(query("go"));
