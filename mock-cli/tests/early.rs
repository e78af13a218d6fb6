//! When something is told of a call while its message still streams in. Seen on 2.1.330, each twice.

mod support;

use serde_json::{Value, json};
use std::fs;
use support::Stage;

const DENIED: &str = "rm a.txt";

fn bash(command: &str) -> Value {
    json!({"type": "tool_use", "id": null, "name": "Bash", "input": {"command": command, "description": "d"}})
}

fn read(path: &str) -> Value {
    json!({"type": "tool_use", "id": null, "name": "Read", "input": {"file_path": path}})
}

fn call(name: &str, input: Value) -> Value {
    json!({"type": "tool_use", "id": null, "name": name, "input": input})
}

/// What is on stdout of a message with these calls, in few words.
fn told(calls: &[Value]) -> String {
    let turns = json!([{"content": calls}, {"content": [{"type": "text", "text": "done"}]}]);
    let stage = Stage::new(json!({"profile": "2.1.330", "clock": 0.0, "api_script": turns}));
    fs::write(stage.cwd.join("a.txt"), "one\n").unwrap();
    fs::write(stage.cwd.join("b.dat"), [0, 1, 2]).unwrap();
    let args = [
        "-p",
        "go",
        "--output-format",
        "stream-json",
        "--verbose",
        "--include-partial-messages",
    ];
    let lines = stage.run(&args, "").json();
    let words = lines.iter().filter_map(|line| {
        let event = line["event"]["type"].as_str();
        match line["type"].as_str()? {
            "stream_event" if event == Some("content_block_start") => Some("start"),
            "stream_event" if event == Some("content_block_stop") => Some("stop"),
            "stream_event" if event == Some("message_stop") => Some("end"),
            "user" => Some("result"),
            _ => None,
        }
    });
    let words: Vec<&str> = words.collect();
    let ends = words.iter().position(|word| *word == "end").unwrap();
    words[..ends].join(" ")
}

#[test]
fn that_there_is_no_such_tool_is_told_before_the_end_of_its_block() {
    assert_eq!(
        told(&[call("Nope", json!({})), bash("echo 2")]),
        "start result stop start stop"
    );
}

#[test]
fn a_wrong_input_is_told_after_the_end_of_its_block() {
    for wrong in [call("Bash", json!({})), read("b.dat")] {
        assert_eq!(
            told(&[wrong, bash("echo 2")]),
            "start stop result start stop"
        );
    }
}

#[test]
fn what_is_denied_is_told_after_the_next_event() {
    for denied in [bash(DENIED), read("/etc/shadow")] {
        assert_eq!(
            told(&[denied, bash("echo 2")]),
            "start stop start result stop"
        );
    }
}

#[test]
fn what_needs_a_file_is_told_when_the_message_has_ended() {
    let write = call("Write", json!({"file_path": "new", "content": "x"}));
    for later in [write, read("missing"), read("a.txt"), bash("false")] {
        assert_eq!(told(&[later, bash("echo 2")]), "start stop start stop");
    }
}

#[test]
fn what_may_change_something_waits_for_what_is_under_way() {
    for waits in [bash(DENIED), call("Bash", json!({}))] {
        assert_eq!(told(&[read("a.txt"), waits]), "start stop start stop");
    }
    let beside = told(&[read("a.txt"), read("/etc/shadow"), bash("echo 3")]);
    assert_eq!(beside, "start stop start stop start result stop");
}
