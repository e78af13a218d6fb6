// All is permitted; a rule against a tool holds.
import { say, uses } from "../kit.mjs";

export const api = [
  uses(["Bash", { command: "touch made && ls", description: "Make" }], ["Write", { file_path: "<CWD>/a.txt", content: "a" }]),
  say("Done."),
];
export const env = { IS_SANDBOX: "1" };

export default ({ query, read }) =>
  read(query("go", { permissionMode: "bypassPermissions", allowDangerouslySkipPermissions: true, disallowedTools: ["Write(//**)"] }));
