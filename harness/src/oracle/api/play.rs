//! One turn as an answer: whole, streamed, timed or cut.

use super::body::Body;
use super::socket::Cut;
use hyper::Response;
use hyper::body::Bytes;
use mock_claude::protocol::decode::Event;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Ids in their order: `msg_fake0001`, `toolu_fake0001`.
#[derive(Debug, Default)]
pub(super) struct Ids(BTreeMap<String, usize>);

impl Ids {
    pub(super) fn next(&mut self, kind: &str) -> String {
        let count = self.0.entry(kind.to_owned()).or_default();
        *count += 1;
        format!("{kind}_fake{count:04}")
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    value
        .as_f64()
        .filter(|s| *s > 0.0)
        .map(Duration::from_secs_f64)
}

pub(super) fn empty() -> io::Result<Response<Body>> {
    Response::builder()
        .header("content-length", "0")
        .body(Body::Whole(None))
        .map_err(io::Error::other)
}

/// An answer of JSON, or of the text itself.
pub(super) fn whole(
    status: u16,
    body: &Value,
    number: usize,
    headers: &Value,
) -> io::Result<Response<Body>> {
    let bytes = Bytes::from(body.to_string());
    let mut builder = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("content-length", bytes.len())
        .header("request-id", format!("req_fake{number:04}"));
    for (name, value) in headers.as_object().into_iter().flatten() {
        builder = builder.header(name, value.as_str().unwrap_or_default());
    }
    builder
        .body(Body::Whole(Some(bytes)))
        .map_err(io::Error::other)
}

/// Answers one request with one turn.
pub(super) async fn play(
    turn: &Value,
    request: &Value,
    number: usize,
    id: &(dyn Fn(&str) -> String + Sync),
    cut: &Cut,
) -> io::Result<Response<Body>> {
    if let Some(delay) = seconds(&turn["delay"]) {
        sleep(delay).await;
    }
    if let Some(error) = turn.get("error") {
        let status = error["status"].as_u64().unwrap_or(500) as u16;
        return whole(status, &error["body"], number, &error["headers"]);
    }
    if let Some(hang) = seconds(&turn["hang"]) {
        sleep(hang).await;
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    if turn
        .get("drop")
        .is_some_and(|d| *d != json!(false) && !d.is_null())
    {
        cut.reset();
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    let message = id("msg");
    let model = turn.get("model").unwrap_or(&request["model"]).clone();
    let mut blocks: Vec<Value> = turn["content"].as_array().cloned().unwrap_or_default();
    for block in &mut blocks {
        if block["type"] == "tool_use" && block["id"].as_str().is_none_or(str::is_empty) {
            block["id"] = id("toolu").into();
        }
    }
    if request["stream"] != true {
        let body = json!({
            "id": message, "type": "message", "role": "assistant", "model": model, "content": blocks,
            "stop_reason": turn["stop_reason"], "stop_sequence": null, "usage": turn["usage"],
        });
        return whole(200, &body, number, &Value::Null);
    }
    let start = json!({
        "id": message, "type": "message", "role": "assistant", "model": model, "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": first_usage(&turn["usage"]),
    });
    let (sender, events) = mpsc::channel(1);
    let mut stream = Stream {
        sender,
        left: turn["disconnect_after"].as_u64(),
        gap: seconds(&turn["gap"]),
        cut: cut.clone(),
    };
    let turn_owned = turn.clone();
    tokio::spawn(async move {
        // None: the stream was cut, or nobody listens any more.
        let _ = stream.turn(&start, &blocks, &turn_owned).await;
    });
    let mut builder = Response::builder()
        .header("content-type", "text/event-stream; charset=utf-8")
        .header("cache-control", "no-cache")
        .header("request-id", format!("req_fake{number:04}"));
    for (name, value) in turn["headers"].as_object().into_iter().flatten() {
        builder = builder.header(name, value.as_str().unwrap_or_default());
    }
    builder.body(Body::Events(events)).map_err(io::Error::other)
}

fn first_usage(usage: &Value) -> Value {
    let mut usage = usage.clone();
    if let Some(map) = usage.as_object_mut() {
        map.insert("output_tokens".into(), 1.into());
    }
    usage
}

struct Stream {
    sender: mpsc::Sender<io::Result<Bytes>>,
    left: Option<u64>,
    gap: Option<Duration>,
    cut: Cut,
}

impl Stream {
    async fn event(&mut self, data: Value) -> Option<()> {
        if self.left == Some(0) {
            // There is room again when the last event was taken, and on this thread written, too.
            let room = self.sender.reserve().await.ok()?;
            self.cut.shut();
            room.send(Err(io::ErrorKind::ConnectionAborted.into()));
            return None;
        }
        self.left = self.left.map(|n| n - 1);
        let event = Event {
            name: data["type"].as_str().map(str::to_owned),
            data: data.to_string(),
            ..Event::default()
        };
        let sent = self.sender.send(Ok(event.to_string().into()));
        sent.await.ok()?;
        if let Some(gap) = self.gap {
            sleep(gap).await;
        }
        Some(())
    }

    async fn turn(&mut self, start: &Value, blocks: &[Value], turn: &Value) -> Option<()> {
        self.event(json!({"type": "message_start", "message": start}))
            .await?;
        if turn["ping"] != false {
            self.event(json!({"type": "ping"})).await?;
        }
        for (index, block) in blocks.iter().enumerate() {
            self.block(index, block, turn).await?;
            if turn["stall_after_block"] == index
                && let Some(stall) = seconds(&turn["stall"])
            {
                sleep(stall).await;
            }
        }
        if let Some(error) = turn.get("sse_error").filter(|e| !e.is_null()) {
            return self.event(json!({"type": "error", "error": error})).await;
        }
        let mut delta = Map::new();
        delta.insert("stop_reason".into(), turn["stop_reason"].clone());
        delta.insert("stop_sequence".into(), turn["stop_sequence"].clone());
        delta.extend(turn["delta_extra"].as_object().cloned().unwrap_or_default());
        let usage = json!({"output_tokens": turn["usage"]["output_tokens"]});
        self.event(json!({"type": "message_delta", "delta": delta, "usage": usage}))
            .await?;
        self.event(json!({"type": "message_stop"})).await
    }

    async fn block(&mut self, index: usize, block: &Value, turn: &Value) -> Option<()> {
        let (first, deltas) = taken_apart(block, turn);
        self.event(json!({"type": "content_block_start", "index": index, "content_block": first}))
            .await?;
        for delta in deltas {
            self.event(json!({"type": "content_block_delta", "index": index, "delta": delta}))
                .await?;
        }
        self.event(json!({"type": "content_block_stop", "index": index}))
            .await
    }
}

/// What a block begins with, and its deltas.
fn taken_apart(block: &Value, turn: &Value) -> (Value, Vec<Value>) {
    match block["type"].as_str() {
        Some("text") => {
            let text = block["text"].as_str().unwrap_or_default();
            let chunk = [&block["chunk"], &turn["chunk"]]
                .into_iter()
                .find_map(|c| c.as_u64().filter(|n| *n > 0));
            let deltas = pieces(text, chunk.map(|n| n as usize))
                .into_iter()
                .map(|text| json!({"type": "text_delta", "text": text}));
            (json!({"type": "text", "text": ""}), deltas.collect())
        }
        Some("thinking") => (
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            vec![
                json!({"type": "thinking_delta", "thinking": block["thinking"]}),
                json!({"type": "signature_delta", "signature": block["signature"]}),
            ],
        ),
        Some("tool_use") => {
            let input = match block["raw"].as_str() {
                Some(raw) => raw.to_owned(),
                None => spaced(&block["input"]),
            };
            let mut deltas = vec![json!({"type": "input_json_delta", "partial_json": ""})];
            deltas.extend(
                pieces(&input, None)
                    .into_iter()
                    .map(|part| json!({"type": "input_json_delta", "partial_json": part})),
            );
            let first =
                json!({"type": "tool_use", "id": block["id"], "name": block["name"], "input": {}});
            (first, deltas)
        }
        _ => (block.clone(), Vec::new()),
    }
}

/// A text in pieces of so many characters; None: two halves.
fn pieces(text: &str, size: Option<usize>) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let size = size.unwrap_or(characters.len().div_ceil(2)).max(1);
    characters
        .chunks(size)
        .map(|c| c.iter().collect())
        .collect()
}

/// JSON as the recorder wrote it: a space after `:` and `,`, nothing but ASCII.
fn spaced(value: &Value) -> String {
    let ascii = |text: &str| {
        let quoted = Value::from(text).to_string();
        let mut out = String::new();
        for unit in quoted.chars() {
            if unit.is_ascii() {
                out.push(unit);
            } else {
                let mut units = [0; 2];
                for unit in unit.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
        out
    };
    match value {
        Value::Object(map) => {
            let parts: Vec<String> = map
                .iter()
                .map(|(k, v)| format!("{}: {}", ascii(k), spaced(v)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(spaced).collect();
            format!("[{}]", parts.join(", "))
        }
        Value::String(text) => ascii(text),
        other => other.to_string(),
    }
}
