// A plugin comes while the session runs.
import { inbox, say } from "../kit.mjs";

export const api = [say("One."), say("Two.")];
export const files = {
  "plug/.claude-plugin/plugin.json": JSON.stringify({ name: "plug", version: "1.0.0", description: "Mine: a plugin" }),
  "plug/commands/hail.md": "---\ndescription: Mine: hails\n---\nSay hail to $ARGUMENTS\n",
  "plug/agents/scout.md": "---\nname: scout\ndescription: Mine: scouts\n---\nLook.\n",
};
export const on = ["2.1.330"];

export default ({ query, read, call, cwd }) => {
  const input = inbox();
  input.send("one");
  let results = 0;
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 2) return input.end();
    await call("reloadPlugins", () => q.reloadPlugins({ addPlugins: [{ type: "local", path: `${cwd}/plug` }] }));
    input.send("/plug:hail Ann");
  });
};
