// A flag that the CLI does not know.
import { say } from "../kit.mjs";

export const api = [say("Hi.")];

export default ({ query, read }) => read(query("hi", { extraArgs: { "no-such-flag": null } }));
