// Files are put back to what they were at a message.
import { inbox, say, use } from "../kit.mjs";

export const api = [
  use("Write", { file_path: "<CWD>/a.txt", content: "one\n" }),
  say("One."),
  use("Write", { file_path: "<CWD>/b.txt", content: "two\n" }),
  say("Two."),
];
export const on = ["2.0.77", "2.1.330"];
export const env = { CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING: "1" };

export default ({ query, read, call, text, log }) => {
  const input = inbox();
  const ids = ["11111111-2222-4333-8444-555555555555", "22222222-2222-4333-8444-555555555555"];
  input.send("one", { uuid: ids[0] });
  let results = 0;
  return read(query(input, { permissionMode: "acceptEdits", enableFileCheckpointing: true }), async (message, q) => {
    if (message.type !== "result") return;
    results += 1;
    if (results === 1) return input.send("two", { uuid: ids[1] });
    await call("rewindFiles dry", () => q.rewindFiles(ids[1], { dryRun: true }));
    await call("rewindFiles", () => q.rewindFiles(ids[1]));
    log("files", [text("a.txt"), text("b.txt")]);
    await call("rewindFiles none", () => q.rewindFiles("33333333-2222-4333-8444-555555555555"));
    await call("rewindFiles", () => q.rewindFiles(ids[0]));
    log("files", [text("a.txt"), text("b.txt")]);
    input.end();
  });
};
