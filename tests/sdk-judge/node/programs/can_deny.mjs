// The app denies, and the model goes on.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Write", { file_path: "<CWD>/a.txt", content: "a" }), say("As you wish.")];

export default ({ query, read, told }) => {
  const input = inbox();
  input.send("write");
  const canUseTool = told("canUseTool", { behavior: "deny", message: "Not today" });
  return read(query(input, { canUseTool }), (message) => message.type === "result" && input.end());
};
