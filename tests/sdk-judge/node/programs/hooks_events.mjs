// The CLI tells of hooks that settings name.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("Done.")];
export const on = ["2.1.330"];

export default ({ query, read }) =>
  read(
    query("go", {
      allowedTools: ["Bash"],
      includeHookEvents: true,
      settings: { hooks: { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: "echo seen; exit 0" }] }] } },
    }),
  );
