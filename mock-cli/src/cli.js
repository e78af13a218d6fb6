#!/usr/bin/env node
// mock-claude: this file stands in for the CLI's cli.js and runs the stand-in beside it.
// It reads nothing of stdin, and is valid both as CommonJS and as an ES module.
const held = [];
let child = null;
const forward = (signal) => (child ? child.kill(signal) : held.push(signal));
const forwarded = ["SIGTERM", "SIGINT", "SIGHUP"];
for (const signal of forwarded) process.on(signal, () => forward(signal));

const start = (childProcess, fs, path) => {
  const face = process.argv[1];
  const real = [face, `${face}.js`].find((file) => fs.existsSync(file)) ?? face;
  const native = path.join(path.dirname(fs.realpathSync(real)), "vendor", "claude");
  const env = {
    ...process.env,
    MOCK_CLAUDE_FACE: face,
    MOCK_CLAUDE_SHOWN_PID: String(process.pid),
    MOCK_CLAUDE_SHOWN_PPID: String(process.ppid),
    MOCK_CLAUDE_LIFELINE_FD: "3",
  };
  // Only this process holds the other end of descriptor 3, so its end tells the stand-in of a SIGKILL.
  const stdio = ["inherit", "inherit", "inherit", "pipe"];
  child = childProcess.spawn(native, process.argv.slice(2), { env, stdio });
  child.stdio[3]?.on("error", () => {});
  child.on("error", (error) => {
    process.stderr.write(`mock-claude: failed to start ${native}: ${error.message}\n`);
    process.exit(70);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of forwarded) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    // The signal ends this process; where it is one that does not, stay as a shell would say it.
    setTimeout(() => process.exit(1), 1000);
  });
  for (const signal of held.splice(0)) child.kill(signal);
};

Promise.all([import("node:child_process"), import("node:fs"), import("node:path")]).then((modules) => start(...modules));
