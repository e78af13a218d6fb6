// The SDK reads what subagents said.
import { say, use } from "../kit.mjs";

export const api = [use("Task", { description: "Look", prompt: "Look around", subagent_type: "general-purpose", run_in_background: false }), say("I looked."), say("It looked.")];
export const on = ["2.1.330"];

export default async ({ sdk, query, read, call, cwd }) => {
  const [first] = await read(query("look"));
  const agents = await call("listSubagents", () => sdk.listSubagents(first.session_id, { dir: cwd }));
  for (const agent of agents ?? []) await call("getSubagentMessages", () => sdk.getSubagentMessages(first.session_id, agent, { dir: cwd }));
};
