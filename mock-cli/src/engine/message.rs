//! A message of the model while it comes.

use super::answer::{Step, Stream};
use crate::turn::Usage;
use serde_json::Value;
use std::collections::BTreeMap;
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
    pub(super) results: BTreeMap<String, (String, bool)>,
    /// Whether its events are told of as they come.
    pub(super) streams: bool,
    /// Whether it costs anything.
    pub(super) billed: bool,
    pub(super) stop_reason: Option<String>,
    /// The event that broke it off.
    pub(super) error: Value,
    pub(super) usage: Usage,
    /// What its end says, where that is there by the time a block is written.
    pub(super) ending: Option<(Usage, Value)>,
    /// The sequence that it stopped at, where that is there by then.
    pub(super) stop_sequence: Option<String>,
    /// The block that is under way, and the text of a tool's input.
    pub(super) open: Option<(Value, String)>,
    pub(super) last_block: usize,
    pub(super) first_block: Option<Value>,
    /// Characters of thinking and of its signature.
    pub(super) thought: (usize, usize),
    /// Tokens of thinking that were told.
    pub(super) estimated: usize,
    /// Characters of text so far.
    pub(super) chars: usize,
}

/// A block that was written.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) uuid: String,
    pub(super) json: Value,
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
        self.last_block = events()
            .filter(|e| e["type"] == "content_block_start")
            .count();
        if stream.slow {
            return;
        }
        let first = events().find(|e| e["type"] == "content_block_start");
        self.first_block = first.map(|e| e["content_block"].clone());
        let start = events().find(|e| e["type"] == "message_start");
        let end = events().find(|e| e["type"] == "message_delta");
        if let (Some(start), Some(end)) = (start, end) {
            let mut usage = Usage::of(&start["message"]["usage"]);
            usage.output = end["usage"]["output_tokens"].as_u64().unwrap_or(0);
            self.ending = Some((usage, end["delta"]["stop_reason"].clone()));
            self.stop_sequence = end["delta"]["stop_sequence"].as_str().map(str::to_owned);
        }
    }

    /// The tool blocks.
    pub(super) fn tools(&self) -> impl Iterator<Item = &Sent> {
        self.blocks.iter().filter(|b| b.json["type"] == "tool_use")
    }
}
