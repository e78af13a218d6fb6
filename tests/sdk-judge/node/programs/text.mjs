// One question, one answer.
import { say } from "../kit.mjs";

export const api = [say("Hello there.")];

export default ({ query, read }) => read(query("hi"));
