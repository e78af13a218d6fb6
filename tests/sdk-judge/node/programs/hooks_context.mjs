// Hooks add to the context, and speak to the user.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("Done.")];

export default ({ query, read, hooks }) =>
  read(
    query("go", {
      allowedTools: ["Bash"],
      hooks: hooks({
        SessionStart: { hookSpecificOutput: { hookEventName: "SessionStart", additionalContext: "It is Monday." } },
        UserPromptSubmit: { hookSpecificOutput: { hookEventName: "UserPromptSubmit", additionalContext: "Be kind." } },
        PostToolUse: { systemMessage: "noted", hookSpecificOutput: { hookEventName: "PostToolUse", additionalContext: "It was fast." } },
      }),
    }),
  );
