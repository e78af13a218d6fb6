// Answers to questions: other inputs, rules that are kept, then an end.
import { inbox, say, use } from "../kit.mjs";

export const api = [
  use("Bash", { command: "touch a", description: "A" }),
  use("Bash", { command: "touch b", description: "B" }),
  use("Write", { file_path: "<CWD>/c.txt", content: "c" }),
  say("Never."),
];

export default async ({ query, read, told, text, log }) => {
  const input = inbox();
  input.send("go");
  let asked = 0;
  await read(
    query(input, {
      canUseTool: told("canUseTool", async (tool, given) => {
        asked += 1;
        if (asked === 1) {
          const rule = { type: "addRules", rules: [{ toolName: "Bash", ruleContent: "touch b" }], behavior: "allow", destination: "localSettings" };
          return { behavior: "allow", updatedInput: { ...given, command: "touch other" }, updatedPermissions: [rule] };
        }
        return { behavior: "deny", message: "stop here", interrupt: true };
      }),
    }),
    (message) => message.type === "result" && input.end(),
  );
  log("file", text(".claude/settings.local.json"));
};
