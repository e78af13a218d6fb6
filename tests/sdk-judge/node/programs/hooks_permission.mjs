// Hooks see that permission is asked for, and answer instead of the user.
import { say, use } from "../kit.mjs";

export const api = [use("Write", { file_path: "<CWD>/a.txt", content: "a" }), say("Done.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read, hooks }) =>
  read(
    query("go", {
      hooks: hooks({
        PermissionRequest: { hookSpecificOutput: { hookEventName: "PermissionRequest", decision: { behavior: "allow" } } },
        Notification: {},
        PermissionDenied: {},
      }),
    }),
  );
