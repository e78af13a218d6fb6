// The conversations that the CLI has kept on disk, as the app's window shows them.
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { options } from "./options.mjs";
import { reply } from "./reply.mjs";

const config_folder = process.env.CLAUDE_CONFIG_DIR;
const config_file = join(config_folder || homedir(), ".claude.json");
export const projects_folder = join(config_folder || join(homedir(), ".claude"), "projects");
export const is_file_name = (name) => name && name !== "." && name !== ".." && !/[<>:"|?*\x00-\x1f/\\]/.test(name);
const is_folder = (path) => stat(path).then((found) => found.isDirectory(), () => false);

export async function projects(response) {
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

export async function conversations(folder, response) {
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

export async function conversation(folder, sessionId, response) {
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
