// The app grants permission to something else than it was asked for.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "touch danger", description: "Do it" }), say("Done.")];

export default ({ query, read, told, text, log }) => {
  const input = inbox();
  input.send("do");
  const canUseTool = told("canUseTool", (name, given) => ({ behavior: "allow", updatedInput: { ...given, command: "echo safe" } }));
  return read(query(input, { canUseTool }), (message) => message.type === "result" && input.end()).then(() => log("file", text("danger")));
};
