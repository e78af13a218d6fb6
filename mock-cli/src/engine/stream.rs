//! The events of a stream, for clients that ask for partial messages.

use super::Engine;
use super::request::Message;
use crate::process::Quit;
use crate::template::Vars;
use crate::turn::{Block, SIGNATURE};
use serde_json::{Value, json};

impl Engine {
    /// The events of a block before its line: text and tool input in two halves, as a fast stream brings them.
    pub(super) fn deltas(
        &mut self,
        message: &Message<'_>,
        block: &Block,
        index: usize,
        tool_id: &str,
    ) -> Result<(), Quit> {
        let start = match block {
            Block::Text(_) => json!({"type": "text", "text": ""}),
            Block::Thinking(_) => json!({"type": "thinking", "thinking": "", "signature": ""}),
            Block::Tool { name, .. } => {
                json!({"type": "tool_use", "id": tool_id, "name": name, "input": {}})
            }
        };
        let thinking = |on: bool| {
            if on {
                Vars::new().with("thinking_display", "updates")
            } else {
                Vars::new()
            }
        };
        let shown = matches!(block, Block::Thinking(_));
        self.event(
            message,
            json!({"type": "content_block_start", "index": index, "content_block": start}),
            thinking(shown),
        )?;
        let delta =
            |delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
        match block {
            Block::Text(text) => {
                for half in halves(text) {
                    self.event(
                        message,
                        delta(json!({"type": "text_delta", "text": half})),
                        Vars::new(),
                    )?;
                }
            }
            Block::Thinking(text) => {
                let tokens = text.chars().count() / 4;
                self.thinking_tokens(tokens, tokens)?;
                self.event(
                    message,
                    delta(json!({"type": "thinking_delta", "thinking": text})),
                    thinking(true),
                )?;
                let signed = SIGNATURE.len() / 12;
                self.thinking_tokens(tokens + signed, signed)?;
                self.event(
                    message,
                    delta(json!({"type": "signature_delta", "signature": SIGNATURE})),
                    Vars::new(),
                )?;
            }
            Block::Tool { input, .. } => {
                let text = crate::json::spaced(input);
                for part in std::iter::once(String::new()).chain(halves(&text)) {
                    self.event(
                        message,
                        delta(json!({"type": "input_json_delta", "partial_json": part})),
                        Vars::new(),
                    )?;
                }
            }
        }
        Ok(())
    }

    fn thinking_tokens(&mut self, estimated: usize, delta: usize) -> Result<(), Quit> {
        if !self.setup.profile.behaviour.thinking_tokens {
            return Ok(());
        }
        let vars = self
            .vars()
            .with("estimated", estimated)
            .with("delta", delta);
        self.emit("thinking_tokens", &vars)
    }

    /// A stream event, where they are asked for.
    pub(super) fn event(
        &mut self,
        message: &Message<'_>,
        event: Value,
        vars: Vars,
    ) -> Result<(), Quit> {
        if !self.setup.options.partial {
            return Ok(());
        }
        let session = self.setup.session.id.clone();
        let vars = vars
            .with("session_id", session)
            .with("uuid", self.setup.ids.uuid())
            .with("event", event)
            .with("message_id", message.id.as_str());
        self.emit("stream_event", &vars)
    }
}

/// A text in two halves, the first one longer; nothing of an empty text.
fn halves(text: &str) -> impl Iterator<Item = String> + use<> {
    let chars: Vec<char> = text.chars().collect();
    let (first, second) = chars.split_at(chars.len().div_ceil(2));
    let halves: [String; 2] = [first.iter().collect(), second.iter().collect()];
    halves.into_iter().filter(|half| !half.is_empty())
}
