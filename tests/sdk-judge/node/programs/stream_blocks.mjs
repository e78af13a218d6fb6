// Streaming input: a message of content blocks, with a picture.
import { say } from "../kit.mjs";

export const api = [say("A pixel.")];

const data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

async function* input() {
  yield {
    type: "user",
    session_id: "",
    parent_tool_use_id: null,
    message: {
      role: "user",
      content: [
        { type: "text", text: "what is this" },
        { type: "image", source: { type: "base64", media_type: "image/png", data } },
      ],
    },
  };
}

export default ({ query, read }) => read(query(input()));
