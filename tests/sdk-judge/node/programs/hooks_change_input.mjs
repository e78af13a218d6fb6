// Hooks change inputs and outputs, and say things.
import { say, use } from "../kit.mjs";

export const api = [
  use("Bash", { command: "echo one", description: "One" }),
  use("Read", { file_path: "<CWD>/a.txt" }),
  say("Done."),
];
export const files = { "a.txt": "hay\n" };
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read, hooks }) =>
  read(
    query("go", {
      hooks: hooks({
        PreToolUse: (input) =>
          input.tool_name === "Bash"
            ? { systemMessage: "watch it", hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "allow", updatedInput: { command: "echo two", description: "Two" } } }
            : {},
        PostToolUse: (input) => (input.tool_name === "Read" ? { hookSpecificOutput: { hookEventName: "PostToolUse", additionalContext: "It is hay.", updatedToolOutput: "straw" } } : { suppressOutput: true }),
        UserPromptSubmit: { hookSpecificOutput: { hookEventName: "UserPromptSubmit", additionalContext: "Be brief.", sessionTitle: "Titled" } },
        Stop: { systemMessage: "bye" },
      }),
    }),
  );
