// Settings of the app.
import { say, use } from "../kit.mjs";

export const api = [use("Bash", { command: "touch made; echo $COLOUR", description: "Make" }), say("Done.")];
export const on = ["2.0.77", "2.1.330"];

const settings = { model: "haiku", permissions: { allow: ["Bash(touch:*)", "Bash(echo:*)"] }, env: { COLOUR: "green" } };

export default ({ query, read }) => read(query("go", { settings: JSON.stringify(settings), extraArgs: { settings: JSON.stringify(settings) } }));
