// The model asks the user, and the app answers.
import { inbox, say, use } from "../kit.mjs";

const question = {
  question: "Which colour?",
  header: "Colour",
  multiSelect: false,
  options: [
    { label: "Red", description: "Warm" },
    { label: "Blue", description: "Cold" },
  ],
};

export const api = [use("AskUserQuestion", { questions: [question] }), say("Blue it is.")];
export const on = ["2.0.77", "2.1.330"];

export default ({ query, read, told }) => {
  const input = inbox();
  input.send("ask me");
  const canUseTool = told("canUseTool", (name, given) => ({ behavior: "allow", updatedInput: { ...given, answers: { "Which colour?": "Blue" } } }));
  return read(query(input, { canUseTool }), (message) => message.type === "result" && input.end());
};
