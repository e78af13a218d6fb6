// The app gives up before anything is said.
import { say } from "../kit.mjs";

export const api = [say("One.")];
// 1.0.108 says who it is before it is ended, or does not.
export const on = ["2.0.77", "2.1.330"];

export default async ({ query, read }) => {
  const abortController = new AbortController();
  abortController.abort();
  await read(query("go", { abortController }));
};
