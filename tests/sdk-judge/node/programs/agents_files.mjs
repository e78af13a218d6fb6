// Agents, commands and skills of the project.
import { inbox, say } from "../kit.mjs";

export const api = [say("Hi."), say("Greeted."), say("Never.")];
export const files = {
  ".claude/agents/looker.md": "---\nname: looker\ndescription: \"Mine: looks\"\ntools: Read\n---\nYou look.\n",
  ".claude/commands/greet.md": "---\ndescription: \"Mine: greets\"\nargument-hint: [name]\n---\nGreet $ARGUMENTS\n",
  ".claude/commands/sub/part.md": "Do a part\n",
  ".claude/skills/juggle/SKILL.md": "---\nname: juggle\ndescription: \"Mine: juggles\"\n---\nJuggle.\n",
};

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("hi");
  let results = 0;
  return read(query(input, { settingSources: ["project"] }), async (message, q) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 2) return input.end();
    await call("supportedCommands", () => q.supportedCommands());
    if (q.supportedAgents) await call("supportedAgents", () => q.supportedAgents());
    input.send("/greet Ann");
  });
};
