// A chat app on the Vercel AI SDK, as its documentation has it, with ai-sdk-provider-claude-code as the provider.
//
//   node server.mjs --port N --claude-path P [--model shared] [--errors masked]
//
// POST /api/chat { messages, sessionId?, directory? } answers with the AI SDK's UI message stream. There is no abort
// route: `stop()` of `useChat` closes the connection, and that is handed on as `abortSignal`.
// With `--model shared` there is one model for all chats, as apps have it whose provider keeps no state.
// With `--errors masked` the client is told what the AI SDK tells of any error: "An error occurred."
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { convertToModelMessages, pipeUIMessageStreamToResponse, streamText, toUIMessageStream } from "ai";
import { claudeCode } from "ai-sdk-provider-claude-code";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "3000" },
    "claude-path": { type: "string" },
    model: { type: "string" },
    errors: { type: "string" },
  },
});
const model = (cwd, resume) =>
  claudeCode("sonnet", { pathToClaudeCodeExecutable: options["claude-path"], cwd, resume });
const shared = options.model === "shared" && model();

async function chat(request, response) {
  const { messages, sessionId, directory } = JSON.parse(await text(request));
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const result = streamText({
    model: shared || model(directory, sessionId),
    messages: await convertToModelMessages(messages),
    abortSignal: gone.signal,
  });
  await pipeUIMessageStreamToResponse({
    response,
    stream: toUIMessageStream({
      stream: result.stream,
      onError: options.errors === "masked" ? undefined : (error) => error?.message ?? String(error),
      // The provider says which session it was when a step is over, and not before.
      messageMetadata: ({ part }) => {
        const session = part.type === "finish-step" && part.providerMetadata?.["claude-code"]?.sessionId;
        return session ? { sessionId: session } : undefined;
      },
    }),
  });
}

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function reply(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const server = createServer((request, response) => {
  const route = `${request.method} ${request.url}`;
  if (route === "GET /health") return reply(response, 200, { status: "ok" });
  if (route !== "POST /api/chat") return reply(response, 404, { error: "Not found" });
  chat(request, response).catch((error) => {
    console.error(error);
    if (response.headersSent) return response.destroy();
    reply(response, 500, { error: "Internal server error" });
  });
});
server.listen(Number(options.port), "127.0.0.1", () => console.log(`Listening on http://127.0.0.1:${options.port}/`));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
