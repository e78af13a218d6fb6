// Variables of the app reach the commands.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "echo $COLOUR $CLAUDECODE $CLAUDE_CODE_ENTRYPOINT", description: "Show" }), say("Shown.")];

export default ({ query, read }) => read(query("show", { allowedTools: ["Bash"], env: { ...process.env, COLOUR: "blue" } }));
