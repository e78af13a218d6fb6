// A tool of a server decides on permissions.
import { say, use } from "../kit.mjs";

export const api = [use("Write", { file_path: "<CWD>/a.txt", content: "a" }), say("Done.")];
export const on = ["1.0.108", "2.0.77", "2.1.330"];

export default ({ sdk, z, query, read, log, text }) => {
  const mine = sdk.createSdkMcpServer({
    name: "guard",
    version: "1.0.0",
    tools: [
      sdk.tool("may", "Mine: decides", { tool_name: z.string(), input: z.any(), tool_use_id: z.string().optional() }, async (asked) => {
        log("callback may", asked);
        return { content: [{ type: "text", text: JSON.stringify({ behavior: "allow", updatedInput: { ...asked.input, content: "b" } }) }] };
      }),
    ],
  });
  async function* prompts() {
    yield { type: "user", session_id: "", parent_tool_use_id: null, message: { role: "user", content: "go" } };
    await new Promise((resolve) => setTimeout(resolve, 4000));
  }
  return read(query(prompts(), { mcpServers: { guard: mine }, permissionPromptToolName: "mcp__guard__may" })).then(() => log("file", text("a.txt")));
};
