// The CLI suggests what to say next.
import { inbox, say } from "../kit.mjs";

export const api = [say("Hi."), say("run the tests")];
export const on = ["2.1.330"];

export default ({ query, read }) => {
  const input = inbox();
  input.send("hi");
  return read(query(input, { promptSuggestions: true }), (message) => {
    if (message.type === "result") setTimeout(() => input.end(), 1500);
  });
};
