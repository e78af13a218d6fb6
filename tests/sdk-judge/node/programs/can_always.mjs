// The app takes up the suggestions: the second call is not asked about, nor one of another session.
import { inbox, say, use } from "../kit.mjs";

export const api = [
  use("Bash", { command: "touch one", description: "One" }),
  use("Bash", { command: "touch two", description: "Two" }),
  say("Both."),
];

export default async ({ query, read, told, text, log }) => {
  const input = inbox();
  input.send("touch");
  const canUseTool = told("canUseTool", (name, given, { suggestions }) => ({ behavior: "allow", updatedInput: given, updatedPermissions: suggestions }));
  await read(query(input, { canUseTool }), (message) => message.type === "result" && input.end());
  log("file", text(".claude/settings.local.json"));
};
