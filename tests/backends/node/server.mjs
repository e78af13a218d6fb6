// A small sound backend on the real SDK, with the HTTP API of the reference backend.
//
//   node server.mjs [--port N] [--host H] [--claude-path P] [--executable node|runtime|PATH]
//                   [--sdk claude-code|claude-agent-sdk] [--path-encoding real|upstream]
//                   [--run-as-node on|off] [--on-disconnect cancel|abandon] [--grace-ms N]
//                   [--permissions allow|deny|unasked|late] [--approval-ms N]
//                   [--hooks deny-rm] [--tools app] [--turns single|kept] [--partial off|on]
//
// With `--permissions` the user is asked (`canUseTool`) and says yes: to everything, or no; never to a question to the user
// itself, as in an app that shows it as an ordinary tool; or later than `--approval-ms`, after which the app gives up.
// `--hooks deny-rm` has a hook of the app look at every tool, and deny a Bash command with `rm` in it; `--tools app` gives the
// model a tool of the app (an SDK MCP server); `--turns kept` keeps one CLI a conversation, which a stop interrupts;
// `--partial on` passes pieces of messages on.
//
// The SDK comes from a `node_modules` beside this file. Of each SDK only `package.json` and `sdk.mjs` are
// needed at run time; without the package's own `cli.js` there is no way to a real CLI by accident.
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { app, asks, begin, claude, hooks, Messages } from "./ask.mjs";
import { conversation, conversations, is_file_name, projects, projects_folder } from "./history.mjs";
import { give_up, log, options } from "./options.mjs";
import { reply } from "./reply.mjs";

// An app that stops reading, or dies, must not take the server with it; nor must a CLI that ends before it
// has read its stdin (some SDKs leave that write's EPIPE uncaught).
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
process.on("uncaughtException", (error) => {
  if (error?.code === "EPIPE") return log(`a write met a closed pipe: ${error.message}`);
  console.error(error);
  process.exit(1);
});

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
  turn.drop?.();
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

async function say_once(turn, prompt, body, send) {
  const in_pieces = asks || hooks || app;
  const messages = new Messages();
  messages.push(prompt);
  // An app that has one message to send ends there; while hooks and tools of its own are called it must not.
  if (!hooks && !app) messages.end();
  const query = begin(in_pieces ? messages : prompt, body, turn.controller);
  for await (const data of query) {
    await send(data);
    if (data.type === "result") messages.end();
  }
}

// One CLI a conversation: it is told of the next message on its stdin, and of a stop by an interrupt. Some CLIs give a
// conversation a new id with each turn, and a client may know any of them.
const kept_by_id = new Map();

function forget(kept) {
  for (const [id, other] of kept_by_id) if (other === kept) kept_by_id.delete(id);
}

async function say_in_conversation(turn, prompt, body, send) {
  let kept = kept_by_id.get(body.sessionId);
  if (!kept) {
    const messages = new Messages();
    const controller = new AbortController();
    const query = begin(messages, body, controller);
    kept = { messages, controller, query, answers: query[Symbol.asyncIterator](), children: turn.children };
  }
  turn.interrupt = () => kept.query.interrupt();
  turn.drop = () => {
    forget(kept);
    kept.controller.abort();
  };
  turn.children = kept.children;
  kept.messages.push(prompt);
  for (;;) {
    const { value, done } = await kept.answers.next();
    if (done) {
      forget(kept);
      throw new Error("Claude Code ended in the middle of a conversation");
    }
    if (value.session_id) kept_by_id.set(value.session_id, kept);
    await send(value);
    if (value.type === "result") return;
  }
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
    const prompt = body.message.startsWith("/") ? body.message.slice(1) : body.message;
    const say = options.turns === "kept" ? say_in_conversation : say_once;
    await in_turn.run(turn, () => say(turn, prompt, body, (data) => send({ type: "claude_json", data })));
  } catch (error) {
    last = { type: "error", error: error instanceof Error ? error.message : String(error) };
    log(`chat ${turn.id ?? "-"}: ${last.error}`);
  }
  turn.open = false;
  await send(last);
  response.end();
  if (options.turns === "kept") return;
  // An SDK's iterator may end before its CLI does.
  await Promise.allSettled([...turn.children].filter((child) => child.pid).map((child) => once(child, "exit")));
}

function abort(id, response) {
  const found = [...turns].filter((turn) => turn.open && turn.id === id);
  for (const turn of found) {
    if (turn.interrupt) turn.interrupt().catch((error) => log(`interrupt: ${error.message}`));
    else cancel(turn);
  }
  log(`abort ${id}: ${found.length ? "found" : "not found"}`);
  if (found.length) return reply(response, 200, { success: true, message: "Request aborted" });
  reply(response, 404, { error: "Request not found or already completed" });
}

// --- HTTP ----------------------------------------------------------------------------------------------

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
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
  const idle = [...new Set(kept_by_id.values())];
  for (const { messages } of idle) messages.end();
  const ended = idle.flatMap(({ children }) => [...children].map((child) => once(child, "exit")));
  // A client that does not read cannot hold the server for longer than a CLI may.
  const limit = new Promise((over) => setTimeout(over, Number(options["grace-ms"]) + 1000));
  await Promise.race([Promise.allSettled([...ended, ...[...turns].map((turn) => turn.done)]), limit]);
  log("stopped");
  process.exit(0);
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
