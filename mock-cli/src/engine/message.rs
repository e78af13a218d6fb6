//! A message of the model while it comes.

use super::answer::{Step, Stream};
use crate::order::SortedMap;
use crate::profile::Billing;
use crate::protocol::TextOr;
use crate::protocol::api::{self, Event};
use crate::protocol::wire::{Nullable, Wire};
use crate::turn::Usage;
use serde_json::Value;
use std::time::Instant;

/// A message that is streaming in.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) request_id: String,
    pub(super) request_ref: String,
    pub(super) started: bool,
    pub(super) sent: Instant,
    /// What was written of it.
    pub(super) blocks: Vec<Sent>,
    /// Results that the script gives, by tool block.
    pub(super) results: SortedMap<String, (String, bool)>,
    /// Whether its events are told of as they come.
    pub(super) streams: bool,
    /// What of it is counted.
    pub(super) billing: Billing,
    pub(super) stop_reason: Option<String>,
    /// The event that broke it off.
    pub(super) error: api::ErrorBody,
    pub(super) usage: Usage,
    /// The same at its start, as the API gave it.
    pub(super) said: api::Usage,
    /// What its end says, where that is there by the time a block is written.
    pub(super) ending: Option<(Usage, Nullable<api::StopReason>)>,
    /// The sequence that it stopped at, where that is there by then.
    pub(super) stop_sequence: Option<String>,
    /// The block that is under way, and the text of a tool's input.
    pub(super) open: Option<(api::Block, String)>,
    pub(super) last_block: usize,
    pub(super) first_block: Option<api::Block>,
    /// An empty text, which is kept and not told.
    pub(super) unsaid: Option<Sent>,
    /// Characters of thinking, as JavaScript counts them, and of its signature.
    pub(super) thought: (usize, usize),
    /// Tokens of thinking that were told.
    pub(super) estimated: usize,
    /// Tokens that it was guessed to have when the first of them came.
    pub(super) guessed: u64,
    /// What its earlier blocks are estimated at.
    pub(super) tokens: usize,
    /// Characters of text, thinking or a call in the last block.
    pub(super) chars: usize,
}

/// A block that was written.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) uuid: String,
    pub(super) block: api::Block,
}

impl Message {
    /// What the end of a stream says that comes all at once.
    pub(super) fn look_ahead(&mut self, stream: &Stream) {
        let events = || {
            stream.steps.iter().filter_map(|step| match step {
                Step::Event(event) => Some(event),
                Step::Pause(_) => None,
            })
        };
        let mut usage = Usage::ZERO;
        self.last_block = 0;
        let mut first = None;
        for event in events() {
            match event {
                Event::BlockStart(start) => {
                    self.last_block += 1;
                    first = first.or(start.content_block.as_ref());
                }
                Event::MessageStart(start) => usage = Usage::at_start(start),
                Event::MessageDelta(end) if !stream.slow => {
                    usage.output = Usage::output_at_end(end).unwrap_or(0);
                    let delta = end.delta.clone().unwrap_or_default();
                    self.ending = Some((usage, delta.stop_reason));
                    self.stop_sequence = delta.stop_sequence.into_value();
                }
                _ => {}
            }
        }
        if !stream.slow {
            self.first_block = first.cloned();
        }
    }

    /// Its usage as the API gave it, with so much output.
    pub(super) fn said_with(&self, output: u64) -> Value {
        let mut said = self.said.clone();
        said.output_tokens = Nullable::Of(output);
        said.write()
    }

    /// Shows in its beginning what it has grown to by the time that is told: to its first block; to its end, where there
    /// is none.
    pub(super) fn grow(&self, begun: &mut api::Message) {
        match (&self.first_block, &self.ending) {
            (Some(first), _) => begun.content = Some(TextOr::Blocks(vec![first.clone()])),
            (None, Some((usage, stop))) => {
                begun.stop_reason = stop.clone();
                begun.stop_sequence = Nullable::there(self.stop_sequence.clone());
                if let Some(told) = &mut begun.usage {
                    told.output_tokens = Nullable::Of(usage.output);
                }
            }
            (None, None) => {}
        }
    }

    /// Whether there is something in it to see.
    pub(super) fn is_seen(&self) -> bool {
        let seen =
            |block: &api::Block| matches!(block, api::Block::Text(_) | api::Block::ToolUse(_));
        self.blocks.iter().any(|sent| seen(&sent.block))
    }

    /// Whether nothing but thoughts came of it.
    pub(super) fn is_unseen(&self) -> bool {
        let thought =
            |block: &api::Block| matches!(block, api::Block::Thinking(_) | api::Block::Redacted(_));
        let open = self.open.as_ref().is_none_or(|(block, _)| thought(block));
        open && self.blocks.iter().all(|sent| thought(&sent.block))
    }

    /// Whether there is more to say of its end, which comes before its last events.
    pub(super) fn ends_early(&self) -> bool {
        let ends = ["refusal", "max_tokens", "model_context_window_exceeded"];
        let reason = self.stop_reason.as_deref();
        reason.is_some_and(|reason| ends.contains(&reason))
    }

    /// Its usage where nobody has counted the output: that is estimated by its length.
    pub(super) fn estimate(&self) -> Usage {
        Usage {
            output: (self.tokens + thirds(self.chars)).max(1) as u64,
            ..self.usage
        }
    }

    /// The tool blocks.
    pub(super) fn tools(&self) -> impl Iterator<Item = (&Sent, &api::ToolUse)> {
        self.blocks
            .iter()
            .filter_map(|sent| Some((sent, sent.block.as_tool_use()?)))
    }
}

/// How many tokens so many characters of a block are taken for.
pub(super) fn thirds(chars: usize) -> usize {
    (chars + 1) / 3
}

/// The length of a text as JavaScript counts it.
pub(super) fn units(text: Option<&str>) -> usize {
    text.map_or(0, |text| text.encode_utf16().count())
}
