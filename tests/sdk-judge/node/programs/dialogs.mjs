// A question of the model, and a plan, shown as dialogs of the app.
import { inbox, say, use } from "../kit.mjs";

export const api = [
  use("AskUserQuestion", { questions: [{ question: "Which?", header: "Pick", options: [{ label: "A", description: "a" }, { label: "B", description: "b" }], multiSelect: false }] }),
  say("Picked."),
];
export const on = ["2.1.330"];

export default ({ query, read, told }) => {
  const input = inbox();
  input.send("go");
  return read(
    query(input, {
      supportedDialogKinds: ["refusal_fallback_prompt"],
      onUserDialog: told("onUserDialog", { behavior: "cancelled" }),
      canUseTool: told("canUseTool", async (tool, given) => ({ behavior: "allow", updatedInput: { ...given, answers: { "Which?": "B" } } })),
    }),
    (message) => message.type === "result" && input.end(),
  );
};
