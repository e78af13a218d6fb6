//! A conversation as the CLI has written it: a JSON object a line.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::{Value, json};

/// The lines of a transcript that can be read; whatever else is in it, the rest is shown.
pub(crate) fn entries(file: &Path) -> impl Iterator<Item = Value> {
    let lines = File::open(file)
        .ok()
        .into_iter()
        .flat_map(|file| BufReader::new(file).split(b'\n'));
    lines.map_while(Result::ok).filter_map(|line| {
        let entry: Value =
            serde_json::from_str(String::from_utf8_lossy(&line).trim_start_matches('\u{feff}'))
                .ok()?;
        entry.is_object().then_some(entry)
    })
}

/// Of an answer of the model, the id that all its parts have.
fn id_of(entry: &Value) -> Option<&str> {
    let message = &entry["message"];
    message["id"]
        .as_str()
        .filter(|_| message["role"] == "assistant")
}

/// By time; the parts of one message, which were written one by one, stay together at the time of the first.
pub(crate) fn in_order(mut messages: Vec<Value>) -> Vec<Value> {
    let mut first: HashMap<String, String> = HashMap::new();
    for entry in &messages {
        if let (Some(id), Some(at)) = (id_of(entry), entry["timestamp"].as_str()) {
            let earliest = first.entry(id.to_owned()).or_insert_with(|| at.to_owned());
            if at < earliest.as_str() {
                at.clone_into(earliest);
            }
        }
    }
    for entry in &mut messages {
        if let Some(at) = id_of(entry).and_then(|id| first.get(id)) {
            entry["timestamp"] = at.as_str().into();
        }
    }
    // An entry without a time comes after the one that it was written after.
    let mut last = String::new();
    let mut timed: Vec<_> = messages
        .into_iter()
        .map(|entry| {
            if let Some(at) = entry["timestamp"].as_str() {
                at.clone_into(&mut last);
            }
            (last.clone(), entry)
        })
        .collect();
    timed.sort_by(|(one, _), (other, _)| one.cmp(other));
    timed.into_iter().map(|(_, entry)| entry).collect()
}

pub(crate) struct Summary {
    session: String,
    pub(crate) start: String,
    end: String,
    pub(crate) messages: usize,
    preview: String,
    pub(crate) ids: BTreeSet<String>,
}

impl Summary {
    pub(crate) fn of(file: &Path) -> Self {
        let session = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let (start, end, preview) = (String::new(), String::new(), String::new());
        let mut found = Self {
            session,
            start,
            end,
            messages: 0,
            preview,
            ids: BTreeSet::new(),
        };
        for entry in entries(file) {
            found.messages += 1;
            if let Some(at) = entry["timestamp"].as_str() {
                if found.start.is_empty() || at < found.start.as_str() {
                    at.clone_into(&mut found.start);
                }
                if at > found.end.as_str() {
                    at.clone_into(&mut found.end);
                }
            }
            found.ids.extend(id_of(&entry).map(str::to_owned));
            let content = &entry["message"]["content"];
            let blocks = content.as_array().into_iter().flatten();
            let said = blocks
                .filter_map(|block| block["text"].as_str())
                .next()
                .or(content.as_str());
            if let Some(said) = said.filter(|_| entry["message"]["role"] == "assistant") {
                found.preview = said.chars().take(100).collect();
            }
        }
        found
    }

    pub(crate) fn to_json(&self) -> Value {
        let preview = if self.preview.is_empty() {
            "No preview available"
        } else {
            &self.preview
        };
        json!({
            "sessionId": self.session,
            "startTime": self.start,
            "lastTime": self.end,
            "messageCount": self.messages,
            "lastMessagePreview": preview,
        })
    }
}
