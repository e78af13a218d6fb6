//! Reading a session back, for `--resume` and `--continue`.

use crate::order;
use crate::protocol::api::Block;
use crate::protocol::decode::lines;
use crate::protocol::transcript::{CostState, Line};
use crate::protocol::wire::Wire;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A session that was read back.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// The user and assistant lines, in order.
    pub(crate) messages: Vec<Line>,
    /// The last line of the chain.
    pub(crate) leaf: Option<String>,
    /// How many prompts it has.
    pub(crate) prompts: u64,
    /// What the model was told beside its prompts, in order.
    pub(crate) told: Vec<Value>,
    /// The last title that somebody gave it.
    pub(crate) title: Option<String>,
    /// Whether it has a `mode` line.
    pub(crate) has_mode: bool,
    /// The last `cost-state` line.
    pub(crate) cost: Option<CostState>,
}

impl Past {
    /// Reads a transcript; lines that are no JSON are passed over. None where it has no message, as the CLI then
    /// finds no conversation in it.
    pub(crate) fn read(path: &Path) -> Option<Past> {
        let bytes = fs::read(path).ok()?;
        let mut past = Past::default();
        let mut indexed = 0;
        for line in lines(&bytes) {
            let text = String::from_utf8_lossy(line);
            let Ok(value) = serde_json::from_str::<Value>(&text) else {
                continue;
            };
            if value["type"] == "cost-state" {
                past.cost = CostState::read(value).ok();
                continue;
            }
            if value["type"] == "custom-title" {
                past.title = value["customTitle"].as_str().map(str::to_owned);
                continue;
            }
            let entry = Line::read(value).unwrap_or_default();
            match entry.kind.as_deref() {
                Some("mode") => past.has_mode = true,
                Some(kind @ ("user" | "assistant")) => {
                    past.leaf = entry.uuid.clone().or(past.leaf);
                    let position = entry.turn_position.as_ref();
                    match position.and_then(|position| position.turn_index) {
                        Some(index) => indexed = indexed.max(index),
                        None => past.prompts += u64::from(kind == "user" && !answers_tool(&entry)),
                    }
                    past.messages.push(entry);
                }
                _ => {
                    past.leaf = entry.uuid.or(past.leaf);
                    past.told.extend(entry.attachment);
                }
            }
        }
        if indexed > 0 {
            past.prompts = indexed;
        }
        (!past.messages.is_empty()).then_some(past)
    }

    /// How many tokens the last answer and what led to it came to, and when that was, in milliseconds.
    pub(crate) fn last_answer(&self) -> Option<(u64, u64)> {
        self.messages.iter().rev().find_map(|line| {
            let usage = line.message.as_ref()?.usage.as_ref()?;
            let tokens = [
                &usage.input_tokens,
                &usage.output_tokens,
                &usage.cache_creation_input_tokens,
                &usage.cache_read_input_tokens,
            ];
            let tokens = tokens.iter().filter_map(|count| count.value()).sum();
            Some((tokens, crate::time::millis(line.timestamp.as_deref()?)?))
        })
    }

    /// What was said up to this message; None where there is none of that uuid.
    pub(crate) fn until(mut self, uuid: &str) -> Option<Past> {
        let is_it = |line: &Line| line.uuid.as_deref() == Some(uuid);
        let at = self.messages.iter().position(is_it)?;
        self.messages.truncate(at + 1);
        self.leaf = Some(uuid.to_owned());
        Some(self)
    }
}

fn answers_tool(entry: &Line) -> bool {
    let content = entry
        .message
        .as_ref()
        .and_then(|message| message.content.as_ref());
    let first = content.and_then(|content| content.blocks().first());
    matches!(first, Some(Block::ToolResult(_)))
}

/// The session that was written last in a project folder, if any has a message.
pub(crate) fn latest(project_dir: &Path) -> Option<PathBuf> {
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(project_dir).ok()?.flatten() {
        let path = entry.path();
        let session = path
            .file_stem()
            .and_then(|s| s.to_str())
            .is_some_and(crate::ids::is_uuid);
        if session
            && path.extension().is_some_and(|e| e == "jsonl")
            && let Ok(modified) = entry.metadata().and_then(|m| m.modified())
        {
            files.push((modified, path));
        }
    }
    order::sort_by(&mut files, Ord::cmp);
    files
        .into_iter()
        .rev()
        .map(|(_, path)| path)
        .find(|path| Past::read(path).is_some())
}
