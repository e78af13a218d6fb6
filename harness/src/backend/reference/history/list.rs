//! The conversations of a project.

use super::{Failure, folder};
use axum::http::StatusCode;
use mock_claude::protocol::decode::read_lines;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The answer of `GET /api/projects/{name}/histories`.
#[derive(Debug, Serialize)]
pub(in super::super) struct Conversations {
    conversations: Vec<Summary>,
}

/// One conversation, as a list shows it.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    session_id: String,
    start_time: String,
    last_time: String,
    message_count: usize,
    last_message_preview: String,
    /// The ids of the model's messages, which tell a copy from a conversation of its own.
    #[serde(skip)]
    ids: BTreeSet<String>,
}

/// What a list needs of a line.
#[derive(Deserialize)]
struct Entry {
    timestamp: Option<String>,
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    id: Option<String>,
    role: Option<String>,
    content: Option<Value>,
}

/// Every conversation of a project, newest first.
///
/// Files with the same ids are one conversation (an interrupted resume leaves a copy): the first by name is
/// kept. Upstream compares each with each; here a set does. Upstream also takes all conversations without any
/// id for one and the same, which hides them; here each of them is shown.
pub(in super::super) fn conversations(name: &str) -> Result<Conversations, Failure> {
    let folder = folder(name)?;
    if !folder.is_dir() {
        return Err(Failure::new(StatusCode::NOT_FOUND, "Project not found"));
    }
    let mut found = summaries(&folder).map_err(|error| {
        Failure::with(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Failed to fetch conversation histories",
            error,
        )
    })?;
    found.sort_by(|one, other| one.session_id.cmp(&other.session_id));
    let mut seen = HashSet::new();
    found.retain(|summary| summary.ids.is_empty() || seen.insert(summary.ids.clone()));
    // The CLI writes UTC with milliseconds, so that text order is time order.
    found.sort_by_cached_key(|summary| Reverse(summary.start_time.clone()));
    Ok(Conversations {
        conversations: found,
    })
}

/// One after the other, a line at a time, so that a big history needs little memory.
fn summaries(folder: &Path) -> io::Result<Vec<Summary>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(session) = name.to_str().and_then(|name| name.strip_suffix(".jsonl")) else {
            continue;
        };
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        // A file that cannot be read, or was removed meanwhile, does not hide the others.
        if let Ok(file) = File::open(entry.path())
            && let Ok(Some(summary)) = summary(session, file)
        {
            found.push(summary);
        }
    }
    Ok(found)
}

/// None for an empty file. Lines that are no JSON are left out.
fn summary(session: &str, file: impl io::Read) -> io::Result<Option<Summary>> {
    let mut summary = Summary {
        session_id: session.to_owned(),
        start_time: String::new(),
        last_time: String::new(),
        message_count: 0,
        last_message_preview: String::new(),
        ids: BTreeSet::new(),
    };
    let mut empty = true;
    for line in read_lines(file) {
        let line = line?;
        let text = line.bytes.trim_ascii();
        empty &= text.is_empty();
        if let Ok(entry) = serde_json::from_slice::<Entry>(text) {
            summary.add(entry);
        }
    }
    if summary.last_message_preview.is_empty() {
        summary
            .last_message_preview
            .push_str("No preview available");
    }
    Ok((!empty).then_some(summary))
}

impl Summary {
    fn add(&mut self, entry: Entry) {
        self.message_count += 1;
        if let Some(time) = entry.timestamp {
            if time > self.last_time {
                self.last_time.clone_from(&time);
            }
            if self.start_time.is_empty() || time < self.start_time {
                self.start_time = time;
            }
        }
        let Some(message) = entry
            .message
            .filter(|message| message.role.as_deref() == Some("assistant"))
        else {
            return;
        };
        self.ids.extend(message.id);
        if let Some(text) = message.content.as_ref().and_then(first_text) {
            self.last_message_preview = preview(text);
        }
    }
}

fn first_text(content: &Value) -> Option<&str> {
    match content {
        Value::String(text) => Some(text),
        Value::Array(blocks) => blocks.iter().find_map(|block| block.get("text")?.as_str()),
        _ => None,
    }
}

/// The first hundred UTF-16 units, as JavaScript's `substring` has them.
fn preview(text: &str) -> String {
    let units: Vec<u16> = text.encode_utf16().take(100).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
