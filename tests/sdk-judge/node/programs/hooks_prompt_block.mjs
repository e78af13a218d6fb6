// A hook blocks the prompt.
import { say } from "../kit.mjs";

export const api = [say("Never said.")];

export default ({ query, read, hooks }) => read(query("secret", { hooks: hooks({ UserPromptSubmit: { decision: "block", reason: "secrets" } }) }));
