// How the SDK is asked: with which CLI, and with what of the app's own: the user's word, hooks, a tool.
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { give_up, log, options } from "./options.mjs";

// Written out, so that a bundler sees them.
const { createSdkMcpServer, query, tool } = await (options.sdk === "claude-code"
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
export const claude = by_sdk ? undefined : (options["claude-path"] ?? (await on_path("claude")));
if (!claude && !by_sdk) give_up("No `claude` on PATH; install the Claude CLI or give --claude-path");

async function on_path(name) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const candidate = join(folder, name);
    const found = await access(candidate, constants.X_OK).then(() => stat(candidate)).catch(() => null);
    if (found?.isFile()) return candidate;
  }
}

// What the SDK sends, one after the other, and what a hook, a tool of the app or the user's word needs: a prompt in pieces.
export class Messages {
  #waiting = [];
  #wake = () => {};
  #over = false;
  push(text) {
    this.#waiting.push({ type: "user", session_id: "", parent_tool_use_id: null, message: { role: "user", content: text } });
    this.#wake();
  }
  end() {
    this.#over = true;
    this.#wake();
  }
  async *[Symbol.asyncIterator]() {
    for (;;) {
      while (this.#waiting.length) yield this.#waiting.shift();
      if (this.#over) return;
      await new Promise((wake) => (this.#wake = wake));
    }
  }
}

async function may_use(tool, input) {
  log(`the user is asked about ${tool}`);
  if (options.permissions === "deny") return { behavior: "deny", message: "Not on my machine" };
  const never = new Promise(() => {});
  if (options.permissions === "unasked" && tool === "AskUserQuestion") await never;
  if (options.permissions === "late") {
    const limit = new Promise((_, fail) => setTimeout(fail, Number(options["approval-ms"]), new Error("Approval timed out")));
    await Promise.race([never, limit]);
  }
  const answers = input.questions?.map(({ question, options: [first] }) => [question, first.label]);
  return { behavior: "allow", updatedInput: answers ? { ...input, answers: Object.fromEntries(answers) } : input };
}

export const asks = options.permissions !== "off";
export const hooks = options.hooks !== "off" && {
  PreToolUse: [{ hooks: [before_tool] }],
  PostToolUse: [{ hooks: [after_tool] }],
};

async function before_tool({ tool_name, tool_input }) {
  const denied = /\brm\b/.test(tool_input?.command ?? "");
  log(`before ${tool_name}: ${denied ? "denied" : "fine"}`);
  if (!denied) return {};
  const reason = "this app removes nothing";
  return { hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "deny", permissionDecisionReason: reason } };
}

async function after_tool({ tool_name }) {
  log(`after ${tool_name}`);
  return {};
}

// Made anew for each query, as a server speaks with one client.
export const app = options.tools !== "off" && (() =>
  createSdkMcpServer({
    name: "app",
    version: "1.0.0",
    tools: [tool("where", "Says where the app's window is", {}, async () => {
      log("the app's tool was called");
      return { content: [{ type: "text", text: "on the second screen" }] };
    })],
  }));

export function begin(prompt, body, abortController) {
  const { sessionId: resume, workingDirectory: cwd, permissionMode } = body;
  const allowedTools = app ? [...(body.allowedTools ?? []), "mcp__app__where"] : body.allowedTools;
  return query({
    prompt,
    options: {
      abortController,
      executable,
      executableArgs: [],
      pathToClaudeCodeExecutable: claude,
      env,
      ...(asks ? { canUseTool: may_use } : {}),
      ...(hooks ? { hooks } : {}),
      ...(app ? { mcpServers: { app: app() } } : {}),
      ...(options.partial === "on" ? { includePartialMessages: true } : {}),
      ...(resume ? { resume } : {}),
      ...(allowedTools ? { allowedTools } : {}),
      ...(cwd ? { cwd } : {}),
      ...(permissionMode ? { permissionMode } : {}),
    },
  });
}
