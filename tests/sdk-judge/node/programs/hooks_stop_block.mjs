// A hook sends the model on once.
import { say } from "../kit.mjs";

export const api = [say("Half."), say("Whole.")];

export default ({ query, read, hooks }) => {
  const answer = (input) => (input.stop_hook_active ? {} : { decision: "block", reason: "there is more" });
  return read(query("go", { hooks: hooks({ Stop: answer }) }));
};
