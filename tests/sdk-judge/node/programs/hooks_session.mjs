// Hooks of the session and of the turn.
import { say } from "../kit.mjs";

export const api = [say("Hi.")];

export default ({ query, read, hooks }) =>
  read(query("hi", { hooks: hooks({ SessionStart: {}, UserPromptSubmit: {}, Stop: {}, SessionEnd: {}, MessageDisplay: {} }) }));
