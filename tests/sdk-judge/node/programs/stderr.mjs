// What the CLI says on stderr in its debug mode reaches the app; only that there is something.
import { say } from "../kit.mjs";

export const api = [say("Hi.")];
export const on = ["2.1.330"];

export default async ({ query, read, log }) => {
  let said = 0;
  await read(query("hi", { debug: true, stderr: () => (said += 1) }));
  log("said", said > 0);
};
