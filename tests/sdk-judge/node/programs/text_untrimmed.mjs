// A prompt with blanks and line ends around it, and characters of several planes.
import { say } from "../kit.mjs";

export const api = [say("Grüße, 世界 🌍")];

export default ({ query, read }) => read(query("  hi\n\n thére 🌍 \n"));
