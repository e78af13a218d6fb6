// The app leaves the loop at the first answer.
import { say } from "../kit.mjs";

export const api = [say("One.")];

export default async ({ query, log }) => {
  for await (const message of query("hi")) {
    log("message", message);
    if (message.type === "assistant") break;
  }
};
