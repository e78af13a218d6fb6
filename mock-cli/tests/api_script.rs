//! Scripts at the model's level: what `api_script` plays, and the tools that then run for real.

mod support;

use serde_json::{Value, json};
use std::process::Stdio;
use support::{Run, Stage};

fn stage(profile: &str, turns: Value) -> Stage {
    Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": turns}))
}

fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn tool(name: &str, input: Value) -> Value {
    json!({"content": [{"type": "tool_use", "id": null, "name": name, "input": input}]})
}

fn bash(command: &str) -> Value {
    tool("Bash", json!({"command": command, "description": "d"}))
}

const STREAM: [&str; 4] = ["-p", "--output-format", "stream-json", "--verbose"];

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    STREAM.iter().copied().chain(more.iter().copied()).collect()
}

/// The tool results of a run, as the model gets them.
fn results(lines: &[Value]) -> Vec<String> {
    lines
        .iter()
        .filter_map(|l| l.pointer("/message/content/0"))
        .filter(|block| block["type"] == "tool_result")
        .map(|block| block["content"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn each_request_takes_the_next_turn_and_ids_are_in_order() {
    for profile in ["1.0.108", "2.0.77", "2.1.330"] {
        let stage = stage(profile, json!([bash("echo one"), text("done")]));
        let done = stage.run(&args(&["go", "--allowedTools", "Bash"]), "");
        let lines = done.json();
        assert_eq!(lines[1]["message"]["id"], "msg_fake0001", "{profile}");
        assert_eq!(lines[1]["message"]["content"][0]["id"], "toolu_fake0001");
        assert_eq!(results(&lines), ["one"]);
        assert_eq!(lines.last().unwrap()["result"], "done");
        let again = stage.run(&["-p", "x"], "");
        assert_eq!(
            again.stdout,
            ["done"],
            "{profile}: the tool round is played again"
        );
    }
}

#[test]
fn an_exhausted_script_is_an_error_that_every_client_shows() {
    for profile in ["1.0.108", "2.0.77", "2.1.197", "2.1.330"] {
        let stage = stage(profile, json!([text("once")]));
        let said = "the model was asked more often than `api_script` has turns (1)";
        let twice = [
            "-p",
            "--input-format=stream-json",
            "--output-format=stream-json",
            "--verbose",
        ];
        let mut run = Run::start(stage.command(&twice).stdin(Stdio::piped()));
        run.prompt("one");
        run.wait("a result", |line| line["type"] == "result");
        run.prompt("two");
        let result = run.wait("a second result", |line| line["type"] == "result");
        let shown = result["result"].as_str().unwrap();
        assert!(shown.contains(said), "{profile}: {shown}");
        assert_eq!(result["is_error"], true, "{profile}");
        // It ends although stdin is open.
        let done = run.ended();
        assert_eq!(done.code, 70, "{profile}");
        assert!(done.stderr.contains(said), "{profile}: {}", done.stderr);
    }
}

#[test]
fn a_script_says_what_comes_when_its_turns_are_used_up() {
    let script = json!({"clock": 0.0, "api_script": [], "otherwise": text("again")});
    let stage = Stage::new(script);
    assert_eq!(stage.run(&["-p", "hi"], "").stdout, ["again"]);
}

#[test]
fn a_failure_is_retried_and_told_where_the_version_tells_it() {
    let error = json!({"error": {"status": 500, "body": {"type": "error", "error": {"type": "api_error", "message": "boom"}}}});
    let turns = json!([error, text("fine")]);
    let new = stage("2.1.330", turns.clone()).run(&args(&["hi"]), "");
    let kinds = [
        "system/init",
        "system/api_retry",
        "assistant",
        "result/success",
    ];
    assert_eq!(new.kinds(), kinds);
    let old = stage("1.0.108", turns).run(&args(&["hi"]), "");
    assert_eq!(old.kinds(), ["system/init", "assistant", "result/success"]);

    let mut stage = stage("2.1.330", json!([error, error]));
    stage
        .env
        .push(("CLAUDE_CODE_MAX_RETRIES".into(), "1".into()));
    let lost = stage.run(&args(&["hi"]), "");
    let result = lost.json().pop().unwrap();
    assert_eq!((lost.code, &result["api_error_status"]), (1, &json!(500)));
}

#[test]
fn files_are_really_written_read_and_edited() {
    let stage = stage(
        "2.1.330",
        json!([
            tool(
                "Write",
                json!({"file_path": "f.txt", "content": "one\ntwo\n"})
            ),
            tool(
                "Edit",
                json!({"file_path": "f.txt", "old_string": "two", "new_string": "2"})
            ),
            tool("Read", json!({"file_path": "f.txt"})),
            text("done"),
        ]),
    );
    let done = stage.run(&args(&["go", "--permission-mode", "acceptEdits"]), "");
    assert_eq!(results(&done.json())[2], "1\tone\n2\t2\n3\t");
    let written = std::fs::read_to_string(stage.cwd.join("f.txt")).unwrap();
    assert_eq!(written, "one\n2\n");
}

#[test]
fn what_nobody_allowed_does_not_run() {
    let stage = stage("2.1.330", json!([bash("touch made.txt"), text("after")]));
    let done = stage.run(&args(&["go"]), "");
    let result = done.json().pop().unwrap();
    assert_eq!(result["permission_denials"][0]["tool_name"], "Bash");
    assert!(!stage.cwd.join("made.txt").exists());
    assert_eq!(done.code, 0);
}

#[test]
fn the_client_decides_and_may_change_the_input() {
    for profile in ["1.0.108", "2.0.77", "2.1.330"] {
        let stage = stage(profile, json!([bash("touch made.txt"), text("after")]));
        let more = [
            "--input-format",
            "stream-json",
            "--permission-prompt-tool",
            "stdio",
        ];
        let mut run = Run::start(
            stage
                .command(&args(&more))
                .stdin(std::process::Stdio::piped()),
        );
        run.prompt("go");
        let asked = run.wait("question", |l| l["type"] == "control_request");
        assert_eq!(asked["request"]["input"]["command"], "touch made.txt");
        run.send_json(&json!({"type": "control_response", "response": {
            "subtype": "success", "request_id": asked["request_id"],
            "response": {"behavior": "allow", "updatedInput": {"command": "echo changed"}},
        }}));
        run.wait("result", |l| l["type"] == "result");
        let done = run.done();
        assert_eq!(results(&done.json()), ["changed"], "{profile}");
        assert!(!stage.cwd.join("made.txt").exists());
    }
}

#[test]
fn an_interrupt_kills_the_tool_and_the_session_goes_on() {
    let stage = stage(
        "2.1.330",
        json!([bash("touch begun; sleep 600"), text("A2")]),
    );
    let more = ["--input-format", "stream-json", "--allowedTools", "Bash"];
    let mut run = Run::start(
        stage
            .command(&args(&more))
            .stdin(std::process::Stdio::piped()),
    );
    run.prompt("one");
    support::until("the tool has begun", || stage.cwd.join("begun").exists());
    run.control("i1", json!({"subtype": "interrupt"}));
    let result = run.wait("result", |l| l["type"] == "result");
    assert_eq!(result["terminal_reason"], "aborted_tools");
    run.prompt("two");
    let result = run.wait("result", |l| l["type"] == "result");
    assert_eq!(result["result"], "A2");
    assert_eq!(run.done().code, 0);
}

#[test]
fn a_hook_of_the_client_can_block_a_tool() {
    let stage = stage("2.0.77", json!([bash("touch made.txt"), text("after")]));
    let more = ["--input-format", "stream-json", "--allowedTools", "Bash"];
    let mut run = Run::start(
        stage
            .command(&args(&more))
            .stdin(std::process::Stdio::piped()),
    );
    let hooks = json!({"PreToolUse": [{"matcher": "Bash", "hookCallbackIds": ["cb"]}]});
    run.control("init", json!({"subtype": "initialize", "hooks": hooks}));
    run.prompt("go");
    let asked = run.wait("callback", |l| l["type"] == "control_request");
    assert_eq!(asked["request"]["callback_id"], "cb");
    let output = json!({"hookSpecificOutput": {"permissionDecision": "deny", "permissionDecisionReason": "no"}});
    run.send_json(&json!({"type": "control_response", "response": {
        "subtype": "success", "request_id": asked["request_id"], "response": output,
    }}));
    run.wait("result", |l| l["type"] == "result");
    assert_eq!(results(&run.done().json()), ["no"]);
    assert!(!stage.cwd.join("made.txt").exists());
}

#[test]
fn a_key_that_no_turn_has_is_refused_by_name() {
    let done = stage("2.1.330", json!([{"contents": []}])).run(&["-p", "hi"], "");
    assert_eq!(done.code, 70);
    assert!(done.stderr.contains("contents"), "{}", done.stderr);
}

#[test]
fn a_turn_that_is_no_answer_of_an_api_is_refused_with_its_reason() {
    let text = json!({"type": "text", "text": "hi"});
    for (turn, said) in [
        (json!("hi"), "expected a turn of the model, found text"),
        (json!({}), "this turn says nothing"),
        (json!({"content": "hi"}), "expected a list, found text"),
        (
            json!({"content": ["hi"]}),
            "expected a content block, found text",
        ),
        (
            json!({"content": [{"text": "hi"}]}),
            "a content block has a `type`",
        ),
        (
            json!({"content": [{"type": "txt", "text": "hi"}]}),
            "unknown type of a content block `txt`",
        ),
        (
            json!({"content": [{"type": "text", "txt": "hi"}]}),
            "unknown key in a block of type `text`: `txt`",
        ),
        (
            json!({"content": [{"type": "text"}]}),
            "the key `text` is missing",
        ),
        (
            json!({"content": [{"type": "text", "text": "hi", "chunk": "two"}]}),
            "expected a whole number",
        ),
        (
            json!({"content": [{"type": "tool_use", "name": "Bash", "raw": 5}]}),
            "expected text, found the number 5",
        ),
        (
            json!({"content": [{"type": "tool_use", "name": "Bash", "inputs": {}}]}),
            "did you mean `input`?",
        ),
        (
            json!({"content": [{"type": "tool_use", "name": "Bash", "input": "ls"}]}),
            "expected a mapping",
        ),
        (
            json!({"content": [text], "usage": 5}),
            "expected a mapping, found the number 5",
        ),
        (
            json!({"content": [text], "usage": {"input_tokens": "x"}}),
            "expected a number of tokens, found text",
        ),
        (
            json!({"content": [text], "stop_reason": "end"}),
            "did you mean `end_turn`?",
        ),
        (json!({"content": [text], "delay": "soon"}), "`250ms`"),
        (
            json!({"error": {"status": 42}}),
            "a whole number from 100 to 599",
        ),
    ] {
        let done = stage("2.1.330", json!([turn])).run(&["-p", "hi"], "");
        assert!(done.stderr.contains(said), "{turn}: {}", done.stderr);
        assert!(done.stderr.contains("script.json:1:"), "{}", done.stderr);
        assert!(done.stderr.contains("^"), "{}", done.stderr);
        assert_eq!(done.code, 70);
    }
}

#[test]
fn a_script_that_cannot_be_read_is_told_to_clients_that_hide_stderr() {
    let stage = stage("2.1.330", json!([{"content": "hi"}]));
    let wrong = "script.json:1:";
    let mut run = Run::start(
        stage
            .command(&[
                "-p",
                "--input-format=stream-json",
                "--output-format",
                "stream-json",
            ])
            .stdin(Stdio::piped()),
    );
    run.control("1", json!({"subtype": "initialize"}));
    // It ends although stdin is open.
    let done = run.ended();
    assert_eq!(
        done.kinds(),
        ["control_response", "result/error_during_execution"]
    );
    let lines = done.json();
    let answer = &lines[0]["response"];
    assert_eq!(
        (&answer["subtype"], &answer["request_id"]),
        (&json!("error"), &json!("1"))
    );
    assert!(
        answer["error"].as_str().unwrap().contains(wrong),
        "{answer}"
    );
    assert!(
        lines[1]["result"].as_str().unwrap().contains(wrong),
        "{}",
        lines[1]
    );
    assert_eq!((done.code, &lines[1]["is_error"]), (70, &json!(true)));

    let text = stage.run(&["-p", "hi"], "");
    assert!(text.stdout[0].contains(wrong), "{:?}", text.stdout);
    assert_eq!(text.code, 70);
}

#[test]
fn no_sub_command_takes_a_turn_of_the_script() {
    for (profile, command) in [
        ("1.0.108", "config"),
        ("2.0.77", "doctor"),
        ("2.1.197", "update"),
        ("2.1.330", "update"),
    ] {
        let stage = stage(profile, json!([text("asked")]));
        let done = stage.run(&[command, "status"], "");
        assert_eq!(
            (done.code, done.stdout.len()),
            (1, 0),
            "{profile} {command}"
        );
        assert!(done.stderr.contains("sub-command"), "{}", done.stderr);
    }
}
