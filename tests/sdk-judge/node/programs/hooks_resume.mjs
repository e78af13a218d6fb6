// What a hook is told when a session goes on.
import { say } from "../kit.mjs";

export const api = [[say("One.")], [say("Two.")]];
export const files = { "~/.claude/settings.json": JSON.stringify({ hooks: { SessionStart: [{ hooks: [{ type: "command", command: "cat >> starts.jsonl; echo >> starts.jsonl" }] }] } }) };

export default async ({ query, read, log, text }) => {
  const settingSources = ["user"];
  const [first] = await read(query("one", { settingSources }));
  await read(query("two", { settingSources, resume: first.session_id }));
  for (const line of (text("starts.jsonl") ?? "").split("\n").filter(Boolean)) {
    const start = JSON.parse(line);
    // How long ago the answer was hangs on the machine.
    if ("seconds_since_last_response" in start) start.seconds_since_last_response = typeof start.seconds_since_last_response;
    log("start", start);
  }
};
