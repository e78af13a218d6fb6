//! What SDKs ask for with options, seen through them on the real CLI (`tests/sdk-judge` has the programs).

mod support;

use serde_json::{Value, json};
use std::process::Stdio;
use support::{Run, Stage};

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

fn prompt(text: &str) -> Value {
    json!({"type": "user", "message": {"role": "user", "content": text}})
}

fn user(text: &str) -> String {
    format!("{}\n", prompt(text))
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

/// The lines of a run whose client sends these, after hooks for `events` that are callbacks of that name.
fn talk(stage: &Stage, events: &[&str], lines: &[Value]) -> Vec<Value> {
    let hooks: serde_json::Map<String, Value> = events
        .iter()
        .map(|event| ((*event).to_owned(), json!([{"hookCallbackIds": [event]}])))
        .collect();
    let mut run = Run::start(stage.command(&STREAM).stdin(Stdio::piped()));
    run.control(
        "i",
        json!({"subtype": "initialize", "hooks": hooks, "toolAliases": {"Look": "Read"}}),
    );
    for line in lines {
        run.send_json(line);
        loop {
            let line = run.wait("a line", |_| true);
            let ends = line["type"] == "result" || line["response"]["request_id"] == "r";
            if line["request"]["subtype"] == "hook_callback" {
                let name = line["request"]["callback_id"].as_str().unwrap();
                let says = match name {
                    "UserPromptSubmit" => {
                        json!({"hookSpecificOutput": {"hookEventName": name, "sessionTitle": "Titled"}})
                    }
                    _ => json!({}),
                };
                let answer = json!({"subtype": "success", "request_id": line["request_id"], "response": says});
                run.send_json(&json!({"type": "control_response", "response": answer}));
            }
            if ends {
                break;
            }
        }
    }
    run.done().json()
}

/// Seen on 2.1.330.
#[test]
fn a_tool_goes_by_the_clients_names_and_what_the_client_composes_is_no_command() {
    let look =
        json!({"content": [{"type": "tool_use", "name": "Look", "input": {"file_path": "a.txt"}}]});
    let stage = stage("2.1.330", json!([look, says("Looked."), says("Read.")]));
    std::fs::write(stage.cwd.join("a.txt"), "hay\n").unwrap();
    let composed = json!({"type": "user", "client_composed": true, "message": {"role": "user", "content": "/cost"}});
    let lines = talk(&stage, &[], &[prompt("look"), composed]);
    let tool = lines.iter().find(|line| line["type"] == "user").unwrap();
    assert_eq!(tool["message"]["content"][0]["content"], "1\thay\n2\t");
    let results: Vec<&Value> = lines
        .iter()
        .filter(|line| line["type"] == "result")
        .collect();
    assert_eq!(results[1]["result"], "Read.");
}

/// Seen on 2.1.330.
#[test]
fn hooks_are_told_of_another_model_and_give_the_session_a_title() {
    let stage = stage("2.1.330", json!([says("One.")]));
    let events = ["UserPromptSubmit", "PreModelSwitch", "PostModelSwitch"];
    let set = |model: &str| json!({"type": "control_request", "request_id": "r", "request": {"subtype": "set_model", "model": model}});
    let sent = [prompt("one"), set("sonnet"), set("sonnet")];
    let lines = talk(&stage, &events, &sent);
    assert!(
        lines
            .iter()
            .any(|line| line["subtype"] == "session_title_changed")
    );
    let told: Vec<&Value> = lines
        .iter()
        .map(|line| &line["request"]["input"])
        .filter(|input| input["to_model"] == "claude-sonnet-5-5")
        .collect();
    let names: Vec<&Value> = told.iter().map(|input| &input["hook_event_name"]).collect();
    assert_eq!(names, ["PreModelSwitch", "PostModelSwitch"]);
    assert_eq!(told[0]["from_model"], "claude-opus-5-5");
    assert_eq!(told[0]["context_tokens"], 1115);
    assert_eq!(told[0]["estimated_cache_write_usd"], 0.0028);
}

/// Seen on 2.1.330: what is known of the last answer is told; on 1.0.108 and 2.0.77 it is not.
#[test]
fn a_hook_is_told_how_old_the_last_answer_is_when_a_session_goes_on() {
    for (profile, tokens) in [("2.1.330", json!(1115)), ("2.0.77", Value::Null)] {
        let stage = stage(profile, json!([says("One."), says("Two.")]));
        let command = json!({"type": "command", "command": "cat > start.json"});
        let settings = json!({"hooks": {"SessionStart": [{"hooks": [command]}]}}).to_string();
        stage.run(&["-p", "one", "--settings", &settings], "");
        stage.run(&["-p", "two", "--continue", "--settings", &settings], "");
        let start = std::fs::read_to_string(stage.cwd.join("start.json")).unwrap();
        let start: Value = serde_json::from_str(&start).unwrap();
        assert_eq!(start["source"], "resume");
        assert_eq!(start["context_tokens"], tokens, "{profile}");
        let expired = json!(false);
        assert_eq!(
            start.get("prompt_cache_likely_expired"),
            (!tokens.is_null()).then_some(&expired)
        );
    }
}

/// Seen on 2.0.77: the user's model is taken away once, unless the configuration says that this was done.
#[test]
fn a_fresh_configuration_loses_the_users_model() {
    for (config, model) in [
        ("{}", "claude-sonnet-4-5-20250929"),
        (
            r#"{"sonnet45MigrationComplete":true}"#,
            "claude-opus-4-5-20251101",
        ),
    ] {
        let stage = stage("2.0.77", json!([says("Hi.")]));
        std::fs::create_dir_all(stage.home.join(".claude")).unwrap();
        let settings = stage.home.join(".claude/settings.json");
        std::fs::write(&settings, r#"{"model":"opus","env":{"A":"1"}}"#).unwrap();
        std::fs::write(stage.home.join(".claude.json"), config).unwrap();
        let done = stage.run(
            &["-p", "hi", "--output-format=stream-json", "--verbose"],
            "",
        );
        assert_eq!(done.json()[0]["model"], model);
        let left = std::fs::read_to_string(settings).unwrap();
        assert_eq!(left.contains("model"), model.contains("opus"), "{left}");
    }
}

/// Seen on 1.0.108 and 2.0.77, where the call is checked first, and on 2.1.330, where the hook is asked first.
#[test]
fn a_file_that_is_not_there_is_told_before_hooks_are_asked_in_older_versions() {
    let read = json!({"content": [{"type": "tool_use", "name": "Read", "input": {"file_path": "none.txt"}}]});
    let missing = "<tool_use_error>File does not exist.</tool_use_error>";
    for (profile, told) in [
        ("2.0.77", missing),
        ("2.1.330", "PreToolUse:Read hook error: no"),
    ] {
        let stage = stage(profile, json!([read, says("Done.")]));
        let command =
            json!({"type": "command", "command": r#"echo '{"decision":"block","reason":"no"}'"#});
        let settings = json!({"hooks": {"PreToolUse": [{"hooks": [command]}]}}).to_string();
        let args = [&STREAM[..], &["--settings", &settings]].concat();
        let lines = stage.run(&args, &user("go")).json();
        let tool = lines.iter().find(|line| line["type"] == "user").unwrap();
        assert_eq!(tool["message"]["content"][0]["content"], told, "{profile}");
    }
}

/// Seen on 2.1.197 and 2.1.330: any model falls back where another one is named, and only then.
#[test]
fn an_overloaded_model_is_replaced_by_the_one_that_is_named_for_that() {
    let busy = json!({"error": {"status": 529, "body": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}}});
    for (profile, fallback) in [("2.1.197", true), ("2.1.330", true), ("2.1.330", false)] {
        let stage = stage(profile, json!([busy, busy, busy, says("Hi.")]));
        let mut args = vec![
            "-p",
            "hi",
            "--model=sonnet",
            "--output-format=stream-json",
            "--verbose",
        ];
        args.extend(fallback.then_some("--fallback-model=haiku"));
        let done = stage.run(&args, "");
        let kinds = done.kinds();
        let fell = kinds.iter().any(|kind| kind.contains("model_fallback"));
        assert_eq!(fell, fallback, "{profile}: {kinds:?}");
    }
}
