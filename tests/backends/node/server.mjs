// A small sound backend on the real SDK, with the HTTP API of the reference backend.
//
//   node server.mjs [--port N] [--host H] [--claude-path P] [--executable node|runtime|PATH]
//                   [--sdk claude-code|claude-agent-sdk] [--path-encoding real|upstream]
//                   [--run-as-node on|off] [--on-disconnect cancel|abandon] [--grace-ms N]
//                   [--permissions allow|unasked|late] [--approval-ms N]
//
// With `--permissions` the user is asked (`canUseTool`) and says yes: to everything; never to a question to the user
// itself, as in an app that shows it as an ordinary tool; or later than `--approval-ms`, after which the app gives up.
//
// The SDK comes from a `node_modules` beside this file. Of each SDK only `package.json` and `sdk.mjs` are
// needed at run time; without the package's own `cli.js` there is no way to a real CLI by accident.
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { constants, createReadStream } from "node:fs";
import { access, readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
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
  },
});

// An app that stops reading, or dies, must not take the server with it; nor must a CLI that ends before it
// has read its stdin (some SDKs leave that write's EPIPE uncaught).
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
process.on("uncaughtException", (error) => {
  if (error?.code === "EPIPE") return log(`a write met a closed pipe: ${error.message}`);
  console.error(error);
  process.exit(1);
});

const log = (line) => console.log(line.replaceAll(/[\r\n]/g, " "));
const give_up = (message) => {
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
one_of("permissions", "off", "allow", "unasked", "late");
if (!/^\d+$/.test(options.port)) give_up(`Failed to start server: Error: Invalid port number: ${options.port}`);

// Written out, so that a bundler sees them.
const { query } = await (options.sdk === "claude-code"
  ? import("@anthropic-ai/claude-code")
  : import("@anthropic-ai/claude-agent-sdk"));
const executable = options.executable === "runtime" ? process.execPath : options.executable;
// In a utility process nothing says that Electron's executable is to be Node.
const as_node = process.versions.electron && options["run-as-node"] === "on" ? { ELECTRON_RUN_AS_NODE: "1" } : {};
const env = { ...process.env, ...as_node };
// A launcher's own variables make the CLI another program than it is.
for (const name of ["CLAUDECODE", "NODE_OPTIONS", "VSCODE_INSPECTOR_OPTIONS", "LD_LIBRARY_PATH", "LD_PRELOAD",
  "DYLD_INSERT_LIBRARIES", "DYLD_LIBRARY_PATH"]) delete env[name];
// "sdk": the SDK itself is to find its CLI, as where an app does not care.
const by_sdk = options["claude-path"] === "sdk";
const claude = by_sdk ? undefined : (options["claude-path"] ?? (await on_path("claude")));
if (!claude && !by_sdk) give_up("No `claude` on PATH; install the Claude CLI or give --claude-path");

async function on_path(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const candidate = join(folder, name);
    const found = await access(candidate, constants.X_OK).then(() => stat(candidate)).catch(() => null);
    if (found?.isFile()) return candidate;
  }
}

// --- Turns ---------------------------------------------------------------------------------------------

// No SDK hands out its child. This tells which processes a turn started, so that one that outlives an abort
// can be ended.
const in_turn = new AsyncLocalStorage();
subscribe("child_process", ({ process: child }) => {
  const turn = in_turn.getStore();
  if (!turn) return;
  turn.children.add(child);
  child.once("spawn", () => log(`chat ${turn.id ?? "-"}: started ${child.spawnfile} as ${child.pid}`));
  child.once("exit", (code, signal) => {
    turn.children.delete(child);
    log(`chat ${turn.id ?? "-"}: ${child.pid} ended: ${signal ?? `exit code ${code}`}`);
  });
});

const turns = new Set();
let stopping = false;

function cancel(turn, signal) {
  turn.open = false;
  turn.controller.abort();
  const running = () => [...turn.children].filter((child) => child.pid && child.exitCode === null && child.signalCode === null);
  // Through the system: an SDK that sent SIGTERM has marked its child as killed already.
  if (signal) for (const child of running()) child.kill(signal);
  setTimeout(() => running().forEach((child) => child.kill("SIGKILL")), Number(options["grace-ms"])).unref();
}

async function chat(request, response) {
  let body;
  try {
    body = JSON.parse(await text(request));
  } catch {
    return reply(response, 500, "Internal Server Error");
  }
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-cache" });
  response.flushHeaders();
  const turn = { id: body?.requestId, controller: new AbortController(), children: new Set(), open: true };
  turns.add(turn);
  turn.done = follow(turn, body, response).finally(() => turns.delete(turn));
  return turn.done;
}

// A prompt in pieces is what the SDK asks for beside `canUseTool`; it ends with its only message.
async function* one_message(text) {
  yield { type: "user", session_id: "", parent_tool_use_id: null, message: { role: "user", content: text } };
}

async function may_use(tool, input) {
  const never = new Promise(() => {});
  if (options.permissions === "unasked" && tool === "AskUserQuestion") await never;
  if (options.permissions === "late") {
    const limit = new Promise((_, fail) => setTimeout(fail, Number(options["approval-ms"]), new Error("Approval timed out")));
    await Promise.race([never, limit]);
  }
  const answers = input.questions?.map(({ question, options: [first] }) => [question, first.label]);
  return { behavior: "allow", updatedInput: answers ? { ...input, answers: Object.fromEntries(answers) } : input };
}

// A conversation has one turn at a time.
const sessions = new Map();

async function follow(turn, body, response) {
  const session = body?.sessionId;
  const before = sessions.get(session);
  const mine = Promise.resolve(before).then(() => answer(turn, body, response));
  if (session) sessions.set(session, mine);
  await mine;
  if (sessions.get(session) === mine) sessions.delete(session);
}

async function answer(turn, body, response) {
  response.on("error", () => {});
  response.on("close", () => {
    if (turn.open && options["on-disconnect"] === "cancel") cancel(turn);
  });
  const send = async (line) => {
    if (response.destroyed || response.write(`${JSON.stringify(line)}\n`)) return;
    await new Promise((resume) => response.once("drain", resume).once("close", resume));
  };
  let last = { type: "done" };
  try {
    await in_turn.run(turn, async () => {
      const prompt = body.message.startsWith("/") ? body.message.slice(1) : body.message;
      const { sessionId: resume, allowedTools, workingDirectory: cwd, permissionMode } = body;
      const asks = options.permissions !== "off";
      const messages = query({
        prompt: asks ? one_message(prompt) : prompt,
        options: {
          ...(asks ? { canUseTool: may_use } : {}),
          abortController: turn.controller,
          executable,
          executableArgs: [],
          pathToClaudeCodeExecutable: claude,
          env,
          ...(resume ? { resume } : {}),
          ...(allowedTools ? { allowedTools } : {}),
          ...(cwd ? { cwd } : {}),
          ...(permissionMode ? { permissionMode } : {}),
        },
      });
      for await (const data of messages) await send({ type: "claude_json", data });
    });
  } catch (error) {
    last = { type: "error", error: error instanceof Error ? error.message : String(error) };
    log(`chat ${turn.id ?? "-"}: ${last.error}`);
  }
  turn.open = false;
  await send(last);
  response.end();
  // An SDK's iterator may end before its CLI does.
  await Promise.allSettled([...turn.children].filter((child) => child.pid).map((child) => once(child, "exit")));
}

function abort(id, response) {
  const found = [...turns].filter((turn) => turn.open && turn.id === id);
  found.forEach((turn) => cancel(turn));
  log(`abort ${id}: ${found.length ? "found" : "not found"}`);
  if (found.length) return reply(response, 200, { success: true, message: "Request aborted" });
  reply(response, 404, { error: "Request not found or already completed" });
}

// --- History -------------------------------------------------------------------------------------------

const config_folder = process.env.CLAUDE_CONFIG_DIR;
const config_file = join(config_folder || homedir(), ".claude.json");
const projects_folder = join(config_folder || join(homedir(), ".claude"), "projects");
const is_file_name = (name) => name && name !== "." && name !== ".." && !/[<>:"|?*\x00-\x1f/\\]/.test(name);
const is_folder = (path) => stat(path).then((found) => found.isDirectory(), () => false);

async function projects(response) {
  let config;
  try {
    config = JSON.parse(await readFile(config_file, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return reply(response, 200, { projects: [] });
    return reply(response, 500, { error: "Failed to read projects" });
  }
  const found = [];
  const dashed = options["path-encoding"] === "upstream" ? /[/\\:._]/g : /[^A-Za-z0-9]/g;
  for (const path of Object.keys(config.projects ?? {})) {
    const encodedName = path.replace(/\/$/, "").replace(dashed, "-");
    if (await is_folder(join(projects_folder, encodedName))) found.push({ path, encodedName });
  }
  reply(response, 200, { projects: found });
}

// A line at a time, so that the event loop stays free. A line that is no JSON is left out.
async function* entries(file) {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    let entry;
    try {
      entry = JSON.parse(line);
    } catch {
      continue;
    }
    if (entry && typeof entry === "object") yield entry;
  }
}

async function summary(folder, name) {
  const found = { sessionId: name.slice(0, -".jsonl".length), startTime: "", lastTime: "", messageCount: 0, lastMessagePreview: "" };
  const ids = new Set();
  for await (const { timestamp, message } of entries(join(folder, name))) {
    found.messageCount += 1;
    if (timestamp && (!found.startTime || timestamp < found.startTime)) found.startTime = timestamp;
    if (timestamp && timestamp > found.lastTime) found.lastTime = timestamp;
    if (message?.role !== "assistant") continue;
    if (message.id) ids.add(message.id);
    const { content } = message;
    const said = Array.isArray(content) ? content.find((block) => typeof block?.text === "string")?.text : content;
    if (typeof said === "string") found.lastMessagePreview = said.slice(0, 100);
  }
  found.lastMessagePreview ||= "No preview available";
  return { found, ids: [...ids].sort().join("\n") };
}

async function conversations(folder, response) {
  if (!(await is_folder(folder))) return reply(response, 404, { error: "Project not found" });
  const files = (await readdir(folder, { withFileTypes: true })).filter((file) => file.isFile() && file.name.endsWith(".jsonl"));
  const seen = new Set();
  const all = [];
  for (const { name } of files.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { found, ids } = await summary(folder, name);
    if (!found.messageCount || (ids && seen.has(ids))) continue;
    seen.add(ids);
    all.push(found);
  }
  all.sort((a, b) => (a.startTime < b.startTime ? 1 : a.startTime > b.startTime ? -1 : 0));
  reply(response, 200, { conversations: all });
}

async function conversation(folder, sessionId, response) {
  if (!is_file_name(sessionId) || sessionId.startsWith(".")) {
    const error = "Invalid session ID format";
    return reply(response, 400, { error, details: error });
  }
  const file = join(folder, `${sessionId}.jsonl`);
  if (!(await stat(file).catch(() => null))) return reply(response, 404, { error: "Conversation not found", sessionId });
  const messages = [];
  for await (const entry of entries(file)) messages.push(entry);
  if (!messages.length) {
    return reply(response, 500, { error: "Failed to fetch conversation details", details: "Empty conversation file" });
  }
  const first = new Map();
  const id_of = ({ message }) => (message?.role === "assistant" ? message.id : undefined);
  for (const entry of messages) {
    const id = id_of(entry);
    if (id && !(first.get(id) <= entry.timestamp)) first.set(id, entry.timestamp);
  }
  let last = "";
  const timed = messages.map((entry) => {
    const message = first.has(id_of(entry)) ? { ...entry, timestamp: first.get(id_of(entry)) } : entry;
    last = message.timestamp ?? last;
    return { at: last, message };
  });
  const sorted = timed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ message }) => message);
  const times = sorted.map(({ timestamp }) => timestamp).filter(Boolean);
  const metadata = { startTime: times[0] ?? "", endTime: times.at(-1) ?? "", messageCount: sorted.length };
  reply(response, 200, { sessionId, messages: sorted, metadata });
}

// --- HTTP ----------------------------------------------------------------------------------------------

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function reply(response, status, body) {
  const kind = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json";
  response.writeHead(status, { "content-type": kind });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

async function route(request, response) {
  response.setHeader("access-control-allow-origin", "*");
  if (request.method === "OPTIONS") {
    response.setHeader("access-control-allow-methods", "GET,POST,OPTIONS");
    response.setHeader("access-control-allow-headers", "Content-Type");
    return response.writeHead(204).end();
  }
  // Not by URL, which would resolve `..` before anybody can refuse it.
  const parts = request.url.split("?")[0].slice(1).split("/").map(decodeURIComponent);
  const [api, kind, name, rest, session, ...more] = parts;
  const got = request.method === "GET" && api === "api" && !more.length;
  const posted = request.method === "POST" && api === "api";
  if (posted && kind === "chat" && !name) return stopping ? reply(response, 503, "Stopping") : chat(request, response);
  if (posted && kind === "abort" && name && !rest) return abort(name, response);
  if (got && kind === "health" && !name) {
    return reply(response, 200, { status: "ok", timestamp: Date.now(), uptime: process.uptime(), pid: process.pid });
  }
  if (got && kind === "projects" && name === undefined) return projects(response);
  if (got && kind === "projects" && rest === "histories") {
    if (!is_file_name(name)) return reply(response, 400, { error: "Invalid encoded project name" });
    const folder = join(projects_folder, name);
    return session === undefined ? conversations(folder, response) : conversation(folder, session, response);
  }
  if (request.method !== "GET") return reply(response, 404, "404 Not Found");
  if (api === "api") return reply(response, 404, "Not found");
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end("<!doctype html>\n<title>Node backend</title>\n<p>The Node backend of claude-harness.\n");
}

const server = createServer((request, response) => {
  route(request, response).catch((error) => {
    log(`${request.method} ${request.url}: ${error.stack}`);
    if (response.headersSent) return response.destroy();
    reply(response, 500, "Internal Server Error");
  });
});
server.on("error", (error) => give_up(`Error: ${error.message}`));
server.listen(Number(options.port), options.host, () => {
  log(`node backend ${process.pid}, ${options.sdk}, claude ${claude}`);
  log(`Listening on http://${options.host}:${server.address().port}/`);
});

async function stop(signal) {
  if (stopping) return;
  stopping = true;
  log(`${signal}: stopping`);
  server.close();
  for (const turn of turns) cancel(turn, "SIGTERM");
  // A client that does not read cannot hold the server for longer than a CLI may.
  const limit = new Promise((over) => setTimeout(over, Number(options["grace-ms"]) + 1000));
  await Promise.race([Promise.allSettled([...turns].map((turn) => turn.done)), limit]);
  log("stopped");
  process.exit(0);
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
