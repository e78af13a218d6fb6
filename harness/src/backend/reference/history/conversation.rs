//! One conversation.

use super::{Failure, folder, is_file_name};
use axum::http::StatusCode;
use mock_claude::protocol::decode::lines;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::io;

/// The longest file name that a session id may be.
const LONGEST: usize = 255;

/// The answer of `GET /api/projects/{name}/histories/{session}`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Conversation {
    session_id: String,
    messages: Vec<Value>,
    metadata: Metadata,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    start_time: String,
    end_time: String,
    message_count: usize,
}

/// The raw entries of one transcript, by time; with `strict`, a single bad line is an error.
pub(in super::super) fn conversation(
    name: &str,
    session: &str,
    strict: bool,
) -> Result<Conversation, Failure> {
    let folder = folder(name)?;
    if !is_file_name(session) || session.starts_with('.') || session.len() > LONGEST {
        let error = "Invalid session ID format";
        return Err(Failure::with(StatusCode::BAD_REQUEST, error, error));
    }
    let failed = |details: &dyn ToString| {
        let error = "Failed to fetch conversation details";
        Failure::with(
            StatusCode::INTERNAL_SERVER_ERROR,
            error,
            details.to_string(),
        )
    };
    let text = match fs::read(folder.join(format!("{session}.jsonl"))) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let body = json!({"error": "Conversation not found", "sessionId": session});
            return Err(Failure {
                status: StatusCode::NOT_FOUND,
                body,
            });
        }
        Err(error) => return Err(failed(&error)),
    };
    if strict && has_a_bad_line(&text) {
        return Err(failed(&"Unexpected end of JSON input"));
    }
    if text.trim_ascii().is_empty() {
        return Err(failed(&"Empty conversation file"));
    }
    Ok(read(session, &text))
}

/// As a parser of whole files sees it.
fn has_a_bad_line(text: &[u8]) -> bool {
    let mut filled = lines(text)
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    filled.any(|line| serde_json::from_slice::<Value>(line).is_err())
}

fn read(session: &str, text: &[u8]) -> Conversation {
    let mut messages: Vec<Value> = lines(text)
        .filter_map(|line| serde_json::from_slice(line.trim_ascii()).ok())
        .collect();
    restore_times(&mut messages);
    let messages = by_time(messages);
    let time = |message: Option<&Value>| message.and_then(timestamp).unwrap_or_default().to_owned();
    let metadata = Metadata {
        start_time: time(messages.iter().find(|message| timestamp(message).is_some())),
        end_time: time(
            messages
                .iter()
                .rfind(|message| timestamp(message).is_some()),
        ),
        message_count: messages.len(),
    };
    Conversation {
        session_id: session.to_owned(),
        messages,
        metadata,
    }
}

fn timestamp(message: &Value) -> Option<&str> {
    message.get("timestamp")?.as_str()
}

/// The id of a message of the model.
fn model_id(entry: &Value) -> Option<&str> {
    let message = entry.get("message")?;
    (message.get("role")? == "assistant").then(|| message.get("id")?.as_str())?
}

/// A resumed session copies old messages under new times: each gets the earliest time of its id.
fn restore_times(messages: &mut [Value]) {
    let mut earliest: HashMap<String, String> = HashMap::new();
    for message in &*messages {
        if let (Some(id), Some(time)) = (model_id(message), timestamp(message)) {
            let first = earliest
                .entry(id.to_owned())
                .or_insert_with(|| time.to_owned());
            if time < first.as_str() {
                time.clone_into(first);
            }
        }
    }
    for message in messages {
        if let Some(time) = model_id(message).and_then(|id| earliest.get(id)) {
            message["timestamp"] = time.as_str().into();
        }
    }
}

/// Sorted by time; an entry without one (a summary) stays behind its predecessor.
fn by_time(messages: Vec<Value>) -> Vec<Value> {
    let mut last = String::new();
    let mut timed: Vec<(String, Value)> = messages
        .into_iter()
        .map(|message| {
            if let Some(time) = timestamp(&message) {
                time.clone_into(&mut last);
            }
            (last.clone(), message)
        })
        .collect();
    timed.sort_by(|(one, _), (other, _)| one.cmp(other));
    timed.into_iter().map(|(_, message)| message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_by_time_with_the_first_time_of_each_message() {
        let text = concat!(
            r#"{"type":"summary","n":0}"#,
            "\n",
            r#"{"n":3,"timestamp":"2026-01-03"}"#,
            "\n",
            "no JSON\n",
            r#"{"n":1,"timestamp":"2026-01-04","message":{"role":"assistant","id":"a"}}"#,
            "\n",
            r#"{"n":2,"timestamp":"2026-01-02","message":{"role":"assistant","id":"a"}}"#,
            "\n",
        );
        let read = read("s", text.as_bytes());
        let order: Vec<_> = read
            .messages
            .iter()
            .map(|message| message["n"].as_u64().unwrap())
            .collect();
        assert_eq!(order, [0, 1, 2, 3]);
        assert_eq!(read.messages[1]["timestamp"], "2026-01-02");
        let metadata = Metadata {
            start_time: "2026-01-02".into(),
            end_time: "2026-01-03".into(),
            message_count: 4,
        };
        assert_eq!(read.metadata, metadata);
    }
}
