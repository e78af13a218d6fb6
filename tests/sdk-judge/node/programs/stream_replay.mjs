// Streaming input with the user's messages told back.
import { say, user } from "../kit.mjs";

export const api = [say("Seen.")];
export const on = ["2.0.77", "2.1.330"];

async function* input() {
  yield user("say it back", { uuid: "11111111-2222-4333-8444-555555555555" });
}

export default ({ query, read }) => read(query(input(), { extraArgs: { "replay-user-messages": null } }));
