// A process that was started before its prompt.
import { say } from "../kit.mjs";

export const api = [say("Warm.")];
export const on = ["2.1.330"];

export default async ({ sdk, next, read, log, cli, cwd }) => {
  next();
  const warm = await sdk.startup({ options: { pathToClaudeCodeExecutable: cli, cwd, stderr: (text) => log("stderr", text) } });
  await read(warm.query("go"));
};
