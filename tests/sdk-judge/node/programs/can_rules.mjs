// The app adds a rule for the session and changes the mode.
import { inbox, say, use } from "../kit.mjs";

export const api = [
  use("Bash", { command: "touch one", description: "One" }),
  use("Bash", { command: "touch two", description: "Two" }),
  use("Write", { file_path: "<CWD>/a.txt", content: "a" }),
  say("All."),
];

export default ({ query, read, told }) => {
  const input = inbox();
  input.send("touch");
  const updatedPermissions = [
    { type: "addRules", behavior: "allow", destination: "session", rules: [{ toolName: "Bash", ruleContent: "touch:*" }] },
    { type: "setMode", mode: "acceptEdits", destination: "session" },
  ];
  const canUseTool = told("canUseTool", (name, given) => ({ behavior: "allow", updatedInput: given, updatedPermissions }));
  return read(query(input, { canUseTool }), (message) => message.type === "result" && input.end());
};
