//! The events of a content block, as the API streams it.

use super::answer::Step;
use crate::protocol::api::{self, Delta, Event};
use crate::script::ApiBlock;
use crate::turn::SIGNATURE;
use serde_json::{Value, json};

/// The events of a block: text and tool input in two halves, as a fast stream brings them, or in chunks.
pub(super) fn block_events(
    scripted: &ApiBlock,
    index: u64,
    chunk: Option<usize>,
    steps: &mut Vec<Step>,
) {
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let (empty, deltas) = match &scripted.block {
        api::Block::Text(text) => {
            let citations = text.citations.value().into_iter().flatten();
            let citations = citations.cloned().map(Delta::citation);
            let text = text.text.as_deref().unwrap_or_default();
            let parts = parts(text, scripted.chunk.or(chunk));
            let deltas = parts.into_iter().map(Delta::text).chain(citations);
            (api::Block::text(""), deltas.collect())
        }
        api::Block::Thinking(thought) => {
            let signature = thought.signature.as_deref().unwrap_or(SIGNATURE);
            let deltas = vec![
                Delta::thinking(&said(&thought.thinking)),
                Delta::signature(signature),
            ];
            (api::Block::thinking("", ""), deltas)
        }
        api::Block::ToolUse(tool) => {
            let (id, name) = (tool.id.as_deref().unwrap_or_default(), said(&tool.name));
            let mut deltas = input_deltas(tool.input.as_ref(), scripted.raw.as_deref());
            deltas.insert(0, Delta::input(""));
            (api::Block::tool_use(id, &name, json!({})), deltas)
        }
        api::Block::ServerToolUse(tool) => {
            let mut empty = tool.clone();
            empty.input = Some(json!({}));
            let deltas = input_deltas(tool.input.as_ref(), scripted.raw.as_deref());
            (api::Block::ServerToolUse(empty), deltas)
        }
        other => (other.clone(), Vec::new()),
    };
    let mut push = |event: Event| steps.push(Step::Event(event));
    push(Event::block_start(index, empty));
    for delta in deltas {
        push(Event::block_delta(index, delta));
    }
    push(Event::block_stop(index));
}

/// The pieces of a tool's input: its JSON, or the text that stands for it.
fn input_deltas(input: Option<&Value>, raw: Option<&str>) -> Vec<Delta> {
    let written = match raw {
        Some(raw) => raw.to_owned(),
        None => crate::json::spaced(input.unwrap_or(&Value::Null)),
    };
    let parts = parts(&written, None);
    parts.into_iter().map(Delta::input).collect()
}

/// A text in parts of so many characters, or in two halves, the first one longer; nothing of an empty text.
fn parts(text: &str, chunk: Option<usize>) -> Vec<&str> {
    let half = || text.chars().count().div_ceil(2);
    let size = chunk.unwrap_or_else(half).max(1);
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().nth(size);
        let (part, tail) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        parts.push(part);
        rest = tail;
    }
    parts
}
