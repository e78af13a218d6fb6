// A command in the background ends by itself, and the model is told.
import { inbox, say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "sleep 1; echo over", description: "Wait", run_in_background: true }), say("Started."), say("It is over.")];
export const on = ["2.1.330"];

export default ({ query, read }) => {
  const input = inbox();
  input.send("go");
  let results = 0;
  return read(query(input, { allowedTools: ["Bash"] }), (message) => {
    if (message.type === "result") results += 1;
    if (results === 2) input.end();
  });
};
