// The model leaves plan mode; the app agrees.
import { inbox, say, use } from "../kit.mjs";

export const api = [
  use("ExitPlanMode", { plan: "1. Write a.txt" }),
  use("Write", { file_path: "<CWD>/a.txt", content: "a" }),
  say("Done."),
];

export default ({ query, read, told }) => {
  const input = inbox();
  input.send("plan");
  const canUseTool = told("canUseTool", (name, given) => ({ behavior: "allow", updatedInput: given }));
  return read(query(input, { canUseTool, permissionMode: "plan" }), (message) => message.type === "result" && input.end());
};
