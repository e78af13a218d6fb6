// Options that come as flags, all at once.
import { say } from "../kit.mjs";

export const api = [say("One.")];
export const on = ["2.1.330"];

export default ({ query, read }) =>
  read(
    query("go", {
      taskBudget: { total: 40000 },
      perTaskStopAffordance: true,
      agentProgressSummaries: true,
      promptSuggestions: false,
      planModeInstructions: "Plan little.",
      toolConfig: { askUserQuestion: { previewFormat: "html" } },
      sandbox: { enabled: false },
      title: "Many options",
      effort: "low",
      strictMcpConfig: true,
      debug: false,
    }),
  );
