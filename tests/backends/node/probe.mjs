// Says what a real SDK makes of one CLI after another. The cases come as JSON on stdin, each with what `query()` is to
// be given; the outcomes go to stdout, a line of JSON each, in the order in which they are known.
//
//   node probe.mjs PATH/TO/sdk.mjs < cases.json
//
// A case: name, path, env, cwd?, executable?, iterable?, the prompt's `bytes`, and `then`, which comes after the first
// message: abort, break, return or close. `limit`: how long the end is waited for; `watch`: how long after it to look
// whether the CLI ends, both in milliseconds.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { query } = await import(pathToFileURL(process.argv[2]));
const cases = JSON.parse(readFileSync(0, "utf8"));
const pause = (ms) => new Promise((over) => setTimeout(over, ms));

const uncaught = [];
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error) => uncaught.push(error?.message ?? String(error)));
}

// Stays open: what a finished prompt does is another matter.
async function* held(text) {
  yield { type: "user", session_id: "", message: { role: "user", content: text }, parent_tool_use_id: null };
  await new Promise(() => {});
}

async function outcome({ name, path, cwd, executable, iterable, then, bytes, env, limit, watch }) {
  const controller = new AbortController();
  const types = [];
  const took = { name, types, then, error: null, ended: false };
  const text = "Hello".padEnd(bytes, "!");
  const ask = () => query({
    prompt: iterable ? held(text) : text,
    options: {
      abortController: controller,
      pathToClaudeCodeExecutable: path,
      env: { ...process.env, ...env },
      ...(cwd ? { cwd } : {}),
      ...(executable ? { executable } : {}),
    },
  });
  let pid;
  const read = async () => {
    try {
      const messages = ask();
      for await (const message of messages) {
        types.push(message?.type ?? message);
        pid ??= message?.pid;
        if (!then) continue;
        if (then === "break") break;
        if (then === "abort") controller.abort();
        if (then === "return") setTimeout(() => messages.return(), 10);
        if (then === "close") setTimeout(() => messages.close?.(), 10);
      }
    } catch (error) {
      took.error = { text: error.message, kind: error.constructor.name, code: error.code };
    }
    took.ended = true;
  };
  await Promise.race([read(), pause(limit)]);
  if (pid) {
    const alive = () => { try { return process.kill(pid, 0); } catch { return false; } };
    for (const until = Date.now() + (then ? watch : 0); alive() && Date.now() < until;) await pause(20);
    took.alive = alive();
    if (took.alive) process.kill(pid, "SIGKILL");
  }
  return took;
}

await Promise.all(cases.map(async (one) => console.log(JSON.stringify(await outcome(one)))));
console.log(JSON.stringify({ name: "uncaught", texts: uncaught }));
process.exit(0);
