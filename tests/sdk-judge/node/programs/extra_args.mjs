// Flags that the SDK has no option for.
import { say } from "../kit.mjs";

export const api = [say("Hi.")];

export default ({ query, read }) => read(query("hi", { extraArgs: { "append-system-prompt": "Be brief.", ide: null } }));
