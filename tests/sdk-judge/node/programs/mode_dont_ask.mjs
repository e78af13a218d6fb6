// Nothing is asked: what is not allowed is denied.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "touch made", description: "Make" }), say("Denied.")];
export const on = ["2.1.330"];

export default ({ query, read, told }) => read(query("go", { permissionMode: "dontAsk", canUseTool: told("canUseTool", { behavior: "deny", message: "no" }) }));
