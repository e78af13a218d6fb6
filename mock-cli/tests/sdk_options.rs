//! What SDKs ask for with options, seen through them on the real CLI (`tests/sdk-judge` has the programs).

mod support;

use serde_json::{Value, json};
use support::Stage;

const STREAM: [&str; 4] = [
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
];

fn stage(profile: &str, turns: Value) -> Stage {
    Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": turns}))
}

fn says(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn user(text: &str) -> String {
    let line = json!({"type": "user", "message": {"role": "user", "content": text}});
    format!("{line}\n")
}

/// Seen on 2.0.77 and 2.1.330.
#[test]
fn options_that_help_does_not_list_are_taken() {
    for profile in ["2.0.77", "2.1.330"] {
        let stage = stage(profile, json!([says("Hi")]));
        let args = [&STREAM[..], &["--max-thinking-tokens", "1024"]].concat();
        let done = stage.run(&args, &user("hi"));
        assert_eq!(done.json().last().unwrap()["result"], "Hi", "{profile}");
    }
}

/// Seen on 2.0.77 and 2.1.330.
#[test]
fn a_session_that_is_resumed_at_a_message_that_is_not_there_is_not_resumed() {
    for profile in ["2.0.77", "2.1.330"] {
        let stage = stage(profile, json!([says("Hi")]));
        let first = stage.run(&STREAM, &user("hi")).json();
        let session = first.last().unwrap()["session_id"]
            .as_str()
            .unwrap()
            .to_owned();
        let none = "11111111-2222-4333-8444-555555555555";
        let at = ["--resume", &session, "--resume-session-at", none];
        let done = stage.run(&[&STREAM[..], &at].concat(), &user("again"));
        let said = format!("No message found with message.uuid of: {none}\n");
        assert_eq!(done.stderr, said, "{profile}");
    }
}

/// Seen on 2.1.330.
#[test]
fn the_client_keeps_the_transcript_too_where_it_wants_to() {
    let stage = stage("2.1.330", json!([says("Hi")]));
    let args = [&STREAM[..], &["--session-mirror"]].concat();
    let lines = stage.run(&args, &user("hi")).json();
    let mirrored = lines
        .iter()
        .filter(|line| line["type"] == "transcript_mirror");
    let entries: Vec<&Value> = mirrored
        .flat_map(|line| line["entries"].as_array().unwrap())
        .collect();
    assert!(entries.iter().any(|entry| entry["type"] == "assistant"));
}

/// Seen on 1.0.108, 2.0.77 and 2.1.330: names of files, and lines, as each version tells them.
#[test]
fn files_are_found_by_their_names_and_by_what_is_in_them() {
    for (profile, line) in [
        ("1.0.108", "a.txt:needle"),
        ("2.0.77", "a.txt:2:needle"),
        ("2.1.330", "a.txt:2:needle"),
    ] {
        let input = json!({"pattern": "needle", "output_mode": "content"});
        let call = json!({"type": "tool_use", "name": "Grep", "input": input});
        let stage = stage(profile, json!([{"content": [call]}, says("Found")]));
        std::fs::write(stage.cwd.join("a.txt"), "hay\nneedle\n").unwrap();
        let args = [&STREAM[..], &["--allowedTools", "Grep"]].concat();
        let lines = stage.run(&args, &user("find")).json();
        let result = lines.iter().find(|line| line["type"] == "user").unwrap();
        let said = result["message"]["content"][0]["content"].as_str().unwrap();
        assert!(said.ends_with(line), "{profile}: {said}");
    }
}

/// Seen on 2.0.77 and 2.1.330.
#[test]
fn a_plugin_brings_its_commands_along() {
    for profile in ["2.0.77", "2.1.330"] {
        let stage = stage(profile, json!([says("Hi")]));
        let plugin = stage.cwd.join("plug");
        for (file, text) in [
            (
                ".claude-plugin/plugin.json",
                r#"{"name": "plug", "version": "1.2.3"}"#,
            ),
            ("commands/hello.md", "Say hello\n"),
        ] {
            let file = plugin.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let args = [&STREAM[..], &["--plugin-dir", plugin.to_str().unwrap()]].concat();
        let init = stage.run(&args, &user("hi")).json().remove(0);
        let commands = init["slash_commands"].as_array().unwrap();
        assert!(commands.contains(&json!("plug:hello")), "{profile}");
        assert_eq!(init["plugins"][0]["name"], "plug", "{profile}");
    }
}
