// A plugin with a command, an agent, a skill and a hook.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("Hi."), say("Helloed.")];
export const on = ["2.0.77", "2.1.330"];
export const files = {
  "plug/.claude-plugin/plugin.json": JSON.stringify({ name: "plug", version: "1.2.3", description: "Mine: plugs" }),
  "plug/commands/hello.md": "---\ndescription: \"Mine: hello\"\n---\nSay hello\n",
  "plug/agents/helper.md": "---\nname: helper\ndescription: \"Mine: helps\"\n---\nYou help.\n",
  "plug/skills/juggle/SKILL.md": "---\nname: juggle\ndescription: \"Mine: juggles\"\n---\nJuggle.\n",
  "plug/hooks/hooks.json": JSON.stringify({ hooks: { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: "echo '{\"systemMessage\":\"plugged\"}'" }] }] } }),
};

export default ({ query, read, cwd }) => {
  const input = inbox();
  input.send("hi");
  let results = 0;
  return read(query(input, { allowedTools: ["Bash"], plugins: [{ type: "local", path: `${cwd}/plug` }] }), (message) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("/plug:hello");
    else input.end();
  });
};
