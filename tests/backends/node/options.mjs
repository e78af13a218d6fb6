// What the server is told, and where it says what happens.
import { parseArgs } from "node:util";

export const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "8080" },
    host: { type: "string", default: "127.0.0.1" },
    "claude-path": { type: "string" },
    executable: { type: "string", default: "runtime" },
    "run-as-node": { type: "string", default: "on" },
    sdk: { type: "string", default: "claude-code" },
    "path-encoding": { type: "string", default: "real" },
    "on-disconnect": { type: "string", default: "cancel" },
    "grace-ms": { type: "string", default: "5000" },
    permissions: { type: "string", default: "off" },
    "approval-ms": { type: "string", default: "60000" },
    hooks: { type: "string", default: "off" },
    tools: { type: "string", default: "off" },
    turns: { type: "string", default: "single" },
    partial: { type: "string", default: "off" },
  },
});

export const log = (line) => console.log(line.replaceAll(/[\r\n]/g, " "));
export const give_up = (message) => {
  console.error(message);
  process.exit(1);
};
const one_of = (name, ...allowed) => {
  if (!allowed.includes(options[name])) give_up(`--${name} must be one of: ${allowed.join(", ")}`);
};
one_of("sdk", "claude-code", "claude-agent-sdk");
one_of("run-as-node", "on", "off");
one_of("path-encoding", "real", "upstream");
one_of("on-disconnect", "cancel", "abandon");
one_of("permissions", "off", "allow", "deny", "unasked", "late");
one_of("hooks", "off", "deny-rm");
one_of("tools", "off", "app");
one_of("turns", "single", "kept");
one_of("partial", "off", "on");
if (!/^\d+$/.test(options.port)) give_up(`Failed to start server: Error: Invalid port number: ${options.port}`);
