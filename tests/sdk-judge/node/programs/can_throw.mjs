// The app's callback fails.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Write", { file_path: "<CWD>/a.txt", content: "a" }), say("It failed.")];

export default ({ query, read, told }) => {
  const input = inbox();
  input.send("write");
  const canUseTool = told("canUseTool", () => {
    throw new Error("the dialog broke");
  });
  return read(query(input, { canUseTool }), (message) => message.type === "result" && input.end());
};
