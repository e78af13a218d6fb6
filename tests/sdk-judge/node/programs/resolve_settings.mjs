// The SDK reads settings by itself.
import { say } from "../kit.mjs";

export const api = [say("One.")];
export const files = {
  ".claude/settings.json": JSON.stringify({ model: "haiku", permissions: { allow: ["Read"], defaultMode: "bypassPermissions" } }),
  "~/.claude/settings.json": JSON.stringify({ env: { A: "1" }, permissions: { deny: ["Bash"] } }),
};
export const on = ["2.1.330"];

export default async ({ sdk, query, read, call, cwd }) => {
  await call("resolve", () => sdk.resolveSettings({ cwd }));
  await read(query("one", { settingSources: ["user", "project"] }));
};
