// The main thread is an agent of the app.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo hi", description: "Greet" }), say("I only read.")];
export const on = ["2.1.330"];

export default ({ query, read }) =>
  read(query("go", { agent: "reader", agents: { reader: { description: "Mine: reads", prompt: "You read.", tools: ["Read"] } } }));
