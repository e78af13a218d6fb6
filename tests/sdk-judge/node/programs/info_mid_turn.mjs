// Questions about the session while a tool asks.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Write", { file_path: "<CWD>/a.txt", content: "a" }), say("One.")];
export const on = ["2.1.330"];

export default ({ query, read, call, told }) => {
  const input = inbox();
  input.send("one");
  const q = query(input, {
    canUseTool: told("canUseTool", async (tool, given) => {
      await call("mcpServerStatus", () => q.mcpServerStatus());
      await call("getContextUsage", () => q.getContextUsage({ detail: "summary" }));
      await call("reloadSkills", () => q.reloadSkills());
      await call("stopTask", () => q.stopTask("nosuch"));
      await call("backgroundTasks", () => q.backgroundTasks("nosuch"));
      await call("rewindFiles", () => q.rewindFiles("11111111-2222-4333-8444-555555555555", { dryRun: true }));
      await call("seedReadState", () => q.seedReadState("a.txt", 1));
      return { behavior: "deny", message: "no" };
    }),
  });
  return read(q, (message) => message.type === "result" && input.end());
};
