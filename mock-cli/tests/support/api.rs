//! A scripted API, and what a run makes of its answers.

use super::Stage;
use serde_json::{Value, json};

pub(crate) const ALL: [&str; 4] = ["1.0.108", "2.0.77", "2.1.197", "2.1.330"];
pub(crate) const NEW: [&str; 2] = ["2.1.197", "2.1.330"];

/// The lines of a run in which the API gives these answers.
pub(crate) fn lines(profile: &str, turns: Value, more: &[&str]) -> Vec<Value> {
    let script = json!({"profile": profile, "clock": 0.0, "api_script": turns});
    let mut stage = Stage::new(script);
    let retries = ("CLAUDE_CODE_MAX_RETRIES".into(), "3".into());
    stage.env.push(retries);
    let usual = ["-p", "hi", "--output-format", "stream-json", "--verbose"];
    let args = [&usual, more].concat();
    stage.run(&args, "").json()
}

pub(crate) fn answer(blocks: Value, stop: &str) -> Value {
    json!({"content": blocks, "stop_reason": stop})
}

pub(crate) fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

pub(crate) fn bash() -> Value {
    json!({"type": "tool_use", "name": "Bash", "input": {"command": "echo hi", "description": "d"}})
}

pub(crate) fn search() -> Value {
    json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "cats"}})
}

pub(crate) fn error(status: u16, body: Value) -> Value {
    json!({"error": {"status": status, "body": body}})
}

pub(crate) fn said(status: u16, kind: &str, message: &str) -> Value {
    let body = json!({"type": "error", "error": {"type": kind, "message": message}});
    error(status, body)
}

pub(crate) fn done() -> Value {
    answer(json!([text("done")]), "end_turn")
}

/// The first blocks of the lines of one side.
pub(crate) fn blocks<'a>(lines: &'a [Value], side: &str) -> Vec<&'a Value> {
    let of_side = lines.iter().filter(|line| line["type"] == side);
    of_side.map(|line| &line["message"]["content"][0]).collect()
}

pub(crate) fn result(lines: &[Value]) -> &Value {
    lines.last().unwrap()
}
