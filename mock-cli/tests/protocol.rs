//! Every line of every recording through the types: the same keys in the same order, and nothing that has no name.

use mock_claude::protocol::api::{Block, ErrorBody, Event};
use mock_claude::protocol::control::{Approval, CliRequest, McpReply};
use mock_claude::protocol::stream::{ClientMessage, Message};
use mock_claude::protocol::transcript::Entry;
use mock_claude::protocol::wire::{Known, Wire, strays};
use mock_claude::protocol::{hooks, mcp};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What may have no name, and why.
const UNNAMED: &[(&str, &str)] = &[
    ("stdin ()", "a line without a type, which a test sends"),
    (
        "stdin (banana)",
        "a type that nobody knows, which a test sends",
    ),
    (
        "stdin control_request.request(no_such_thing)",
        "a request that nobody knows, which a test sends",
    ),
    (
        "stdin control_request.request.set_permission_mode.mode=bogus",
        "a mode that nobody knows, which a test sends",
    ),
    (
        "block text.chunk",
        "how the fake API cuts a text, which it keeps to itself",
    ),
    (
        "block tool_use.raw",
        "an input that is no JSON, for the fake API to send",
    ),
    (
        "stdin control_request.request(supported_models)",
        "a request that no version knows, which a test sends",
    ),
];

/// The lines of all recordings, by where they were.
fn lines() -> Vec<(&'static str, Value)> {
    let mut found = Vec::new();
    for recording in recordings() {
        let part = |key: &str| list(&recording[key]);
        found.extend(
            part("stdout")
                .into_iter()
                .flat_map(printed)
                .map(|line| ("stdout", line)),
        );
        let sent = part("steps")
            .into_iter()
            .map(|mut step| step["send"].take());
        let sent = sent.chain(part("stdin")).filter_map(object);
        found.extend(sent.map(|line| ("stdin", line)));
        for file in recording["files"]
            .as_object()
            .into_iter()
            .flat_map(|files| files.values())
        {
            found.extend(
                list(&file["lines"])
                    .into_iter()
                    .filter(is_entry)
                    .map(|line| ("transcript", line)),
            );
        }
        for turn in part("api_script") {
            let blocks = list(&turn["content"]);
            found.extend(blocks.into_iter().map(|block| ("block", block)));
            let body = turn["error"]["body"].clone();
            found.extend(object(body).map(|body| ("error", body)));
        }
    }
    for (_, line) in &mut found {
        restore(line);
    }
    for place in ["stdout", "stdin", "transcript", "block", "error"] {
        let count = found.iter().filter(|(at, _)| *at == place).count();
        assert!(count > 100, "only {count} lines of {place}");
    }
    found
}

/// A list of a recording, which need not have it, or has only counted the lines of a file.
fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) if text.ends_with(" lines>") => Vec::new(),
        Value::Array(items) => items.clone(),
        other => panic!("no list: {other}"),
    }
}

fn recordings() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings");
    let mut found: Vec<Value> = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(
                text.lines()
                    .map(|line| serde_json::from_str::<Value>(line).unwrap()),
            );
        }
    }
    assert!(found.len() > 900, "only {} recordings", found.len());
    found
}

/// The messages of a line of stdout: with `--verbose` the format `json` writes all of them in one.
fn printed(line: Value) -> Vec<Value> {
    match line {
        Value::Array(lines) => lines,
        Value::Object(map) if map.get("type").is_some() => vec![map.into()],
        // Text for people.
        _ => Vec::new(),
    }
}

fn object(line: Value) -> Option<Value> {
    let line = match line {
        Value::String(text) => serde_json::from_str(&text).ok()?,
        other => other,
    };
    line.is_object().then_some(line)
}

/// Lines of MCP logs have no type.
fn is_entry(line: &Value) -> bool {
    line["type"].is_string()
}

/// Undoes what the recorder did to values: times are words, long lists are one text, objects that were cut have the
/// list of their keys.
fn restore(value: &mut Value) {
    match value {
        Value::String(text) if text == "<int>" => *value = 7.into(),
        Value::String(text) if text == "<float>" => *value = 1.5.into(),
        Value::String(text) if text.contains(" items, see ") => *value = serde_json::json!([]),
        Value::Array(items) => items.iter_mut().for_each(restore),
        Value::Object(map) => {
            if map.get("keys").is_some_and(Value::is_array) {
                map.shift_remove("keys");
            }
            map.values_mut().for_each(restore);
        }
        _ => {}
    }
}

fn through<T: Wire + Known>(line: &Value) -> (Value, Vec<String>) {
    let message = T::read(line.clone()).unwrap();
    (message.write(), strays(&message))
}

#[test]
fn every_recorded_line_comes_back_as_it_was() {
    let mut unnamed = BTreeMap::<String, usize>::new();
    for (place, line) in lines() {
        let (back, strays) = match place {
            "transcript" => through::<Entry>(&line),
            "block" => through::<Block>(&line),
            "error" => through::<ErrorBody>(&line),
            "stdin" => through::<ClientMessage>(&line),
            _ => through::<Message>(&line),
        };
        assert_eq!(back.to_string(), line.to_string());
        for path in strays {
            *unnamed.entry(format!("{place} {path}")).or_default() += 1;
        }
    }
    for (path, reason) in UNNAMED {
        assert!(
            unnamed.remove(*path).is_some(),
            "{path} was not seen: {reason}"
        );
    }
    assert!(unnamed.is_empty(), "no type knows these: {unnamed:#?}");
}

/// What the client answered to each request of the CLI's.
fn answers() -> Vec<(CliRequest, Value)> {
    let mut asked = BTreeMap::new();
    let mut found = Vec::new();
    for recording in recordings() {
        for line in recording["stdout"].as_array().into_iter().flatten() {
            if let Ok(Message::ControlRequest(question)) = Message::read(line.clone()) {
                asked.insert(line["request_id"].to_string(), question.request);
            }
        }
        let sent = list(&recording["stdin"]).into_iter().filter_map(object);
        for line in sent.filter(|line| line["type"] == "control_response") {
            let response = &line["response"];
            let question = asked.remove(&response["request_id"].to_string()).flatten();
            if let (Some(question), Some(answer)) = (question, response.get("response")) {
                found.push((question, answer.clone()));
            }
        }
        asked.clear();
    }
    found
}

#[test]
fn every_recorded_answer_of_a_client_has_a_type() {
    let mut unnamed = BTreeMap::<String, usize>::new();
    let mut kinds = BTreeSet::new();
    for (question, answer) in answers() {
        let (back, strays) = match &question {
            CliRequest::CanUseTool(_) => through::<Approval>(&answer),
            CliRequest::HookCallback(_) => through::<hooks::Output>(&answer),
            CliRequest::McpMessage(_) => through::<McpReply>(&answer),
            other => panic!("the CLI asked {}", other.kind()),
        };
        assert_eq!(back.to_string(), answer.to_string());
        kinds.insert(question.kind().to_owned());
        for path in strays {
            *unnamed.entry(path).or_default() += 1;
        }
    }
    assert_eq!(kinds.len(), 3, "{kinds:?}");
    // An answer that is none, which a test gives.
    unnamed.remove("what");
    assert!(unnamed.is_empty(), "no type knows these: {unnamed:#?}");
}

/// Words that types know, so that they meet values that do not fit.
const KEYS: &[&str] = &[
    "type",
    "subtype",
    "message",
    "content",
    "usage",
    "session_id",
    "uuid",
    "parent_tool_use_id",
    "modelUsage",
    "request",
    "response",
    "request_id",
    "event",
    "delta",
    "id",
    "jsonrpc",
    "method",
    "error",
    "errors",
    "hookSpecificOutput",
    "hooks",
    "updatedPermissions",
    "rules",
    "tools",
    "parentUuid",
    "attachment",
    "unknown",
];
const WORDS: &[&str] = &[
    "system",
    "assistant",
    "user",
    "result",
    "stream_event",
    "control_request",
    "control_response",
    "init",
    "status",
    "success",
    "initialize",
    "can_use_tool",
    "message_start",
    "text",
    "tool_use",
    "tool_result",
    "text_delta",
    "addRules",
    "setMode",
    "PreToolUse",
    "attachment",
    "date",
    "cost-state",
    "x",
];

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        let entry = (prop::sample::select(KEYS), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            prop::collection::vec(entry, 0..9).prop_map(|entries| entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

fn comes_back<T: Wire>(value: &Value) {
    let back = match T::read(value.clone()) {
        Ok(message) => message.write(),
        Err(value) => value,
    };
    assert_eq!(back.to_string(), value.to_string());
}

proptest! {
    #[test]
    fn any_json_comes_back_as_it_was(value in json()) {
        comes_back::<Message>(&value);
        comes_back::<ClientMessage>(&value);
        comes_back::<Entry>(&value);
        comes_back::<Block>(&value);
        comes_back::<Event>(&value);
        comes_back::<hooks::Input>(&value);
        comes_back::<hooks::Output>(&value);
        comes_back::<Approval>(&value);
        comes_back::<mcp::Message>(&value);
        comes_back::<mcp::CallResult>(&value);
    }
}
