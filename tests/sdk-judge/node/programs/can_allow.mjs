// The app is asked for permission and grants it.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "mkdir made && echo made", description: "Make" }), say("Made.")];

export default ({ query, read, told }) => {
  const input = inbox();
  input.send("make");
  const canUseTool = told("canUseTool", (name, given) => ({ behavior: "allow", updatedInput: given }));
  return read(query(input, { canUseTool }), (message) => message.type === "result" && input.end());
};
