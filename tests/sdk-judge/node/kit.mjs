// What programs are written with: the model's turns, and ways to speak.

const usage = { input_tokens: 10, output_tokens: 5, cache_creation_input_tokens: 100, cache_read_input_tokens: 1000 };

/** A turn of these content blocks. */
export const turn = (content, more = {}) => ({
  content,
  stop_reason: content.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn",
  usage,
  ...more,
});

/** A turn that says a text. */
export const say = (text, more) => turn([{ type: "text", text }], more);

/** A turn that uses one tool. */
export const use = (name, input, more) => turn([{ type: "tool_use", name, input }], more);

/** A turn that uses several tools. */
export const uses = (...calls) => turn(calls.map(([name, input]) => ({ type: "tool_use", name, input })));

/** A turn that thinks, then says a text. */
export const think = (thinking, text) =>
  turn([{ type: "thinking", thinking, signature: "c2lnbmF0dXJl" }, { type: "text", text }]);

/** An error of the API instead of a turn. */
export const fail = (status, type, message, headers = {}) => ({
  error: { status, body: { type: "error", error: { type, message } }, headers },
});

/** What only this CLI or a newer one has. */
export const since2 = ["2.0.77", "2.1.330"];
export const since21 = ["2.1.330"];

/** A message of the user for streaming input. */
export const user = (text, more = {}) => ({
  type: "user",
  session_id: "",
  parent_tool_use_id: null,
  message: { role: "user", content: text },
  ...more,
});

/** Something that several places wait for. */
export function gate() {
  let open;
  const opened = new Promise((resolve) => (open = resolve));
  return { opened, open };
}

/** Streaming input that is written by hand. */
export function inbox() {
  const waiting = [];
  const readers = [];
  let ended = false;
  const wake = () => {
    while (readers.length && (waiting.length || ended)) {
      const reader = readers.shift();
      reader(waiting.length ? { value: waiting.shift(), done: false } : { value: undefined, done: true });
    }
  };
  return {
    send(text, more) {
      waiting.push(typeof text === "string" ? user(text, more) : text);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    [Symbol.asyncIterator]() {
      return {
        next: () =>
          new Promise((resolve) => {
            readers.push(resolve);
            wake();
          }),
        return: async () => ({ value: undefined, done: true }),
      };
    },
  };
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
