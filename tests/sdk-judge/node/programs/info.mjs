// What the CLI tells of itself.
import { inbox, say } from "../kit.mjs";

export const api = [say("Hi.")];

export default ({ query, read, call }) => {
  const input = inbox();
  input.send("hi");
  return read(query(input), async (message, q) => {
    if (message.type !== "result") return;
    await call("supportedCommands", () => q.supportedCommands());
    await call("supportedModels", () => q.supportedModels());
    if (q.supportedAgents) await call("supportedAgents", () => q.supportedAgents());
    await call("mcpServerStatus", () => q.mcpServerStatus());
    if (q.accountInfo) await call("accountInfo", () => q.accountInfo());
    input.end();
  });
};
