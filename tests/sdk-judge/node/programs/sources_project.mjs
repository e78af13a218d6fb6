// The project's and the user's settings, in a trusted folder.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "touch made; echo $COLOUR", description: "Make" }), say("Done.")];
const project = { allowedTools: [], history: [], mcpContextUris: [], mcpServers: {}, enabledMcpjsonServers: [], disabledMcpjsonServers: [] };

export const files = {
  ".claude/settings.json": JSON.stringify({ permissions: { allow: ["Bash"] }, env: { COLOUR: "blue" } }),
  "~/.claude/settings.json": JSON.stringify({ model: "haiku" }),
  "~/.claude.json": JSON.stringify({ projects: { "<CWD>": { ...project, hasTrustDialogAccepted: true } } }),
};

export default ({ query, read }) => read(query("go", { settingSources: ["user", "project", "local"] }));
