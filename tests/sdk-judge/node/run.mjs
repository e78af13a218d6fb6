// Runs one program on a Node SDK: run.mjs SDK PROGRAM. With `describe` instead of an SDK and a folder instead of a program
// it prints what all programs need. Events go to the file in JUDGE_LOG, one JSON a line.
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [what, target] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(path.resolve(file)));

if (what === "describe") {
  const programs = {};
  for (const name of readdirSync(target).filter((name) => name.endsWith(".mjs")).sort()) {
    const { api, on, files, env, clock } = await load(path.join(target, name));
    programs[name.replace(/\.mjs$/, "")] = { api, on, files, env, clock };
  }
  // Not before all is written: a pipe takes it in pieces.
  await new Promise((resolve) => process.stdout.write(JSON.stringify(programs), resolve));
  process.exit(0);
}

const log = (on, value) => appendFileSync(process.env.JUDGE_LOG, JSON.stringify({ on, value }) + "\n");
const failure = (error) => ({ error: String(error?.message ?? error) });
process.on("uncaughtException", (error) => log("uncaught", failure(error)));
process.on("unhandledRejection", (error) => log("unhandled", failure(error)));

const sdk = await load(what);
const { z } = createRequire(path.resolve(what))("zod");
const cli = process.env.JUDGE_CLI;
const cwd = process.cwd();

/** Puts the turns of the next process in place. A link, as a conversation that is resumed goes on in a script of the same name. */
let processes = 0;
const next = () => {
  const script = `script.${processes}.json`;
  const place = path.join(path.dirname(cli), "script.json");
  if (existsSync(path.join(path.dirname(cli), script))) {
    rmSync(place, { force: true });
    symlinkSync(script, place);
  }
  processes += 1;
};

/** Starts a query on the CLI that is judged, with the turns of the next process. */
const query = (prompt, options = {}) => {
  next();
  return sdk.query({
    prompt,
    options: { pathToClaudeCodeExecutable: cli, cwd, stderr: (text) => log("stderr", text), ...options },
  });
};

/** Reads a query to its end, logging each message; `each` may act on one. */
async function read(q, each = () => {}) {
  const messages = [];
  try {
    for await (const message of q) {
      log("message", message);
      messages.push(message);
      await each(message, q);
    }
    log("end", null);
  } catch (error) {
    log("end", failure(error));
  }
  return messages;
}

/** Logs what a call gives, or how it fails. */
async function call(name, made) {
  try {
    const value = await made();
    log(`call ${name}`, value ?? null);
    return value;
  } catch (error) {
    log(`call ${name}`, failure(error));
  }
}

/** A callback that logs what it is given, and answers. */
const told = (name, answer) => async (...given) => {
  const data = given.map((value) => JSON.parse(JSON.stringify(value, (key, v) => (key === "signal" ? undefined : v)) ?? "null"));
  log(`callback ${name}`, data);
  return typeof answer === "function" ? answer(...given) : answer;
};

/** Hooks of these events that log and answer. */
const hooks = (answers, matcher) =>
  Object.fromEntries(
    Object.entries(answers).map(([event, answer]) => [event, [{ ...(matcher && { matcher }), hooks: [told(event, answer)] }]]),
  );

/** A server of tools in this process. */
const server = (name = "calc") =>
  sdk.createSdkMcpServer({
    name,
    version: "1.0.0",
    tools: [
      sdk.tool("add", "Mine: adds", { a: z.number(), b: z.number() }, async ({ a, b }) => {
        log("callback add", { a, b });
        return { content: [{ type: "text", text: String(a + b) }] };
      }),
      sdk.tool("broken", "Mine: fails", { why: z.string() }, async ({ why }) => {
        throw new Error(why);
      }),
      sdk.tool("picture", "Mine: shows", {}, async () => ({
        content: [
          { type: "text", text: "a pixel" },
          { type: "image", data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", mimeType: "image/png" },
        ],
      })),
    ],
  });

const write = (file, text) => {
  mkdirSync(path.dirname(path.join(cwd, file)), { recursive: true });
  writeFileSync(path.join(cwd, file), text);
};
const text = (file) => (existsSync(path.join(cwd, file)) ? readFileSync(path.join(cwd, file), "utf8") : null);

const program = await load(target);
await program.default({ sdk, z, next, query, read, call, told, hooks, server, log, cli, cwd, home: process.env.HOME, write, text, version: process.env.JUDGE_VERSION });
// Timers of an SDK may hold a process for seconds after its last query.
process.exit(0);
