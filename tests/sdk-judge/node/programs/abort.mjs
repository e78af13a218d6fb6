// The app aborts a query while a command runs.
import { inbox, sleep, use } from "../kit.mjs";

export const api = [use("Bash", { command: "sleep 20", description: "Sleep" })];

export default ({ query, read }) => {
  const input = inbox();
  input.send("one");
  const abortController = new AbortController();
  return read(query(input, { allowedTools: ["Bash"], abortController }), (message) => {
    if (message.type === "assistant") sleep(1000).then(() => abortController.abort());
  });
};
