// The app chooses the skills that there are.
import { say, use } from "../kit.mjs";

export const api = [use("Skill", { skill: "juggle" }), say("Juggled."), say("Never.")];
export const files = {
  ".claude/skills/juggle/SKILL.md": "---\nname: juggle\ndescription: \"Mine: juggles\"\n---\nJuggle three balls.\n",
  ".claude/skills/sing/SKILL.md": "---\nname: sing\ndescription: \"Mine: sings\"\n---\nSing.\n",
};
export const on = ["2.1.330"];

export default ({ query, read }) => read(query("go", { settingSources: ["project"], skills: ["juggle"] }));
