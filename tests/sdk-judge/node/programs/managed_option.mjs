// Settings that the app decrees.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "touch made", description: "Make" }), say("Done.")];
export const on = ["2.1.330"];

export default ({ query, read }) =>
  read(query("go", { managedSettings: { permissions: { deny: ["Bash"] }, model: "opus" }, allowedTools: ["Bash"] }));
