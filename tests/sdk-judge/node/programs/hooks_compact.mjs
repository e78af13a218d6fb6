// Hooks around a compaction that the user asks for.
import { inbox, say } from "../kit.mjs";

export const api = [say("One."), say("<summary>We spoke.</summary>"), say("After.")];

export default ({ query, read, hooks }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  return read(query(input, { hooks: hooks({ PreCompact: {}, PostCompact: {}, SessionStart: {} }) }), (message) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("/compact");
    else input.end();
  });
};
