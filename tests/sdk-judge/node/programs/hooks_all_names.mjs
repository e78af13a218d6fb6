// All events that the newest version has.
import { inbox, say, use } from "../kit.mjs";

export const api = [
  use("Write", { file_path: "<CWD>/a.txt", content: "a" }),
  use("Bash", { command: "exit 3", description: "Fail" }),
  use("Task", { description: "Look", prompt: "Look", subagent_type: "general-purpose", run_in_background: false }),
  say("Seen."),
  say("Done."),
  say("Two."),
];
export const on = ["2.1.330"];
const names = [
  "PostToolUseFailure", "PostToolBatch", "Notification", "UserPromptSubmit", "UserPromptExpansion", "SessionEnd", "Stop", "StopFailure",
  "PreCompact", "PostCompact", "PermissionRequest", "PermissionDenied", "Setup", "TaskCreated", "TaskCompleted",
  "ConfigChange", "WorktreeCreate", "WorktreeRemove", "CwdChanged", "FileChanged", "DirectoryAdded",
];

export default ({ query, read, hooks }) => {
  const input = inbox();
  input.send("go");
  let results = 0;
  return read(query(input, { permissionMode: "bypassPermissions", allowDangerouslySkipPermissions: true, hooks: hooks(Object.fromEntries(names.map((name) => [name, {}]))) }), async (message) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) input.send("/cost");
    else if (results === 2) input.send("two");
    else input.end();
  });
};
