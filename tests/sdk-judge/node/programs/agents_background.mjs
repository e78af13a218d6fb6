// A subagent in the background: the main turn goes on and is told of its end.
import { inbox, say, use } from "../kit.mjs";

export const api = [
  use("Task", { description: "Look", prompt: "Look around", subagent_type: "general-purpose", run_in_background: true }),
  say("First."),
  say("Second.", { delay: 0.4 }),
  say("Third."),
];
export const on = ["2.1.330"];

export default ({ query, read }) => {
  const input = inbox();
  input.send("look");
  let results = 0;
  return read(query(input), (message) => {
    if (message.type === "result") results += 1;
    if (results === 2) input.end();
  });
};
