// A hook ends all at the prompt.
import { say } from "../kit.mjs";

export const api = [say("Never said.")];

export default ({ query, read, hooks }) => read(query("halt", { hooks: hooks({ UserPromptSubmit: { continue: false, stopReason: "halt" } }) }));
