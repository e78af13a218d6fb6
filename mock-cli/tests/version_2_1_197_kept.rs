//! What 2.1.197 bills, says and keeps otherwise than 2.1.330, as seen on the real CLI.

mod support;

use serde_json::{Value, json};
use std::process::Stdio;
use support::{Done, Run, SJ, Stage};

const STREAM: [&str; 5] = ["-p", "hi", "--output-format", "stream-json", "--verbose"];

fn stage_of(version: &str, turns: Value) -> Stage {
    Stage::new(json!({"profile": version, "clock": 0.0, "api_script": turns}))
}

fn stage(turns: Value) -> Stage {
    stage_of("2.1.197", turns)
}

fn saying(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
           "usage": {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 1000}})
}

fn bash(command: &str) -> Value {
    let mut turn = saying("");
    turn["content"] = json!([{"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": command, "description": "d"}}]);
    turn["stop_reason"] = "tool_use".into();
    turn
}

fn with(mut turn: Value, key: &str, value: Value) -> Value {
    turn[key] = value;
    turn
}

fn result(done: &Done) -> Value {
    done.json().pop().expect("a result")
}

fn of_kind<'l>(lines: &'l [Value], kind: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

#[test]
fn an_answer_without_an_end_costs_only_what_its_complete_blocks_cost() {
    let error = json!({"type": "overloaded_error", "message": "Overloaded"});
    let failed = with(saying("abc"), "sse_error", error);
    let cut = with(saying("abcdefgh"), "disconnect_after", 6.into());
    for (turn, cost) in [(failed, json!(0)), (cut, json!(0.0012))] {
        let done = stage(json!([turn])).run(&STREAM, "");
        let result = result(&done);
        assert_eq!(result["total_cost_usd"], cost, "{result}");
        assert_eq!(result["usage"]["input_tokens"], 0, "{result}");
    }
}

#[test]
fn an_answer_in_one_piece_costs_but_is_no_usage_of_the_turn() {
    let lost = with(saying("abcdefgh"), "disconnect_after", 4.into());
    let done = stage(json!([lost, saying("again")])).run(&STREAM, "");
    let result = result(&done);
    assert_eq!(result["total_cost_usd"], 0.0013);
    assert_eq!(result["usage"]["output_tokens"], 0);
}

#[test]
fn a_stream_that_fails_is_an_unknown_error_of_its_request() {
    let error = json!({"type": "overloaded_error", "message": "Overloaded"});
    let done = stage(json!([with(saying("abc"), "sse_error", error)])).run(&STREAM, "");
    let told = &done.json()[2];
    assert_eq!(told["error"], "unknown");
    assert_eq!(told["request_id"], "req_fake0002");
}

#[test]
fn a_failure_is_kept_with_its_details_in_their_place_and_without_newer_fields() {
    let body = json!({"type": "error", "error": {"type": "request_too_large", "message": "big"}});
    let stage = stage(json!([{"error": {"status": 413, "body": body}}]));
    stage.run(&STREAM, "");
    let lines = stage.transcript();
    let kept = of_kind(&lines, "assistant")[0]
        .as_object()
        .expect("an object");
    let keys: Vec<&str> = kept.keys().map(String::as_str).collect();
    let own = [
        "requestId",
        "error",
        "errorDetails",
        "isApiErrorMessage",
        "healsDistinctCarrier",
        "apiErrorStatus",
    ];
    assert_eq!(keys[6..12], own);
    assert!(!keys.contains(&"perTurnEffort") && !keys.contains(&"madeBy"));
}

#[test]
fn a_model_is_told_as_it_is_before_there_is_a_conversation() {
    let stage = stage(json!([saying("A")]));
    let mut run = Run::start(stage.command(&SJ).stdin(Stdio::piped()));
    run.control("m", json!({"subtype": "set_model", "model": "haiku"}));
    let told = run.wait("the model", |line| line["type"] == "user");
    assert_eq!(
        told["message"]["content"],
        "<local-command-stdout>Set model to haiku (claude-haiku-4-5-20251001)</local-command-stdout>"
    );
    let answer = run.wait("an answer", |line| line["type"] == "control_response");
    assert!(answer["response"].get("response").is_none());
    run.done();
}

#[test]
fn a_command_that_may_not_write_is_told_what_it_may_do() {
    let turns = json!([bash("touch x"), bash("echo a > out"), saying("end")]);
    let stage = stage(turns);
    let done = stage.run(&STREAM, "");
    let cwd = stage.cwd.display();
    let told: Vec<Value> = of_kind(&done.json(), "user")
        .iter()
        .map(|line| line["message"]["content"][0]["content"].clone())
        .collect();
    let expected = [
        format!(
            "touch in '{cwd}/x' was blocked. For security, Claude Code may only create or modify files in the allowed working directories for this session: '{cwd}'."
        ),
        format!(
            "Output redirection to '{cwd}/out' was blocked. For security, Claude Code may only write to files in the allowed working directories for this session: '{cwd}'."
        ),
    ];
    assert_eq!(told, expected);
}

/// Seen on 2.1.197 and 2.1.330.
#[test]
fn a_rule_that_asks_outweighs_one_that_allows() {
    let settings = r#"{"permissions":{"ask":["Bash(echo:*)"]}}"#;
    let mut args = STREAM.to_vec();
    args.extend(["--allowedTools", "Bash", "--settings", settings]);
    for version in ["2.1.197", "2.1.330"] {
        for command in ["echo hi", "ls && echo hi"] {
            let done = stage_of(version, json!([bash(command), saying("end")])).run(&args, "");
            let denials = result(&done)["permission_denials"].as_array().map(Vec::len);
            assert_eq!(denials, Some(1), "{version}: {command}");
        }
        let done = stage_of(version, json!([bash("ls"), saying("end")])).run(&args, "");
        assert_eq!(result(&done)["permission_denials"], json!([]));
    }
}

/// Seen on 2.1.197 and 2.1.330: a command of hooks, and the kinds of attachments that it leaves.
#[test]
fn of_a_hook_is_kept_what_its_answer_means() {
    let deny = r#"echo '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"no"}}'"#;
    let add = r#"echo '{"hookSpecificOutput":{"hookEventName":"UserPromptSubmit","additionalContext":"cc"}}'"#;
    let block = r#"echo '{"decision":"block","reason":"no"}'"#;
    let cases: [(&str, &str, &[&str]); 8] = [
        ("PreToolUse", "echo plain", &["hook_success"]),
        ("PreToolUse", deny, &[]),
        (
            "PostToolUse",
            "echo no >&2; exit 2",
            &["hook_blocking_error"],
        ),
        ("PostToolUse", block, &["hook_blocking_error"]),
        ("PostToolUse", "exit 1", &["hook_non_blocking_error"]),
        ("UserPromptSubmit", add, &["hook_additional_context"]),
        ("UserPromptSubmit", "echo plain", &["hook_success"]),
        (
            "Stop",
            "[ -e s ] && exit 0; touch s; echo no >&2; exit 2",
            &[],
        ),
    ];
    for version in ["2.1.197", "2.1.330"] {
        for (event, command, kinds) in cases {
            let hooks =
                json!({"hooks": {event: [{"hooks": [{"type": "command", "command": command}]}]}});
            let settings = hooks.to_string();
            let mut args = STREAM.to_vec();
            args.extend(["--allowedTools", "Bash", "--settings", &settings]);
            let stage = stage_of(version, json!([bash("echo hi"), saying("a"), saying("b")]));
            stage.run(&args, "");
            let lines = stage.transcript();
            let kept: Vec<&str> = of_kind(&lines, "attachment")
                .iter()
                .filter_map(|line| line["attachment"]["type"].as_str())
                .filter(|kind| kind.starts_with("hook_"))
                .collect();
            assert_eq!(kept, kinds, "{version}: {event}: {command}");
        }
    }
}

#[test]
fn another_model_is_told_by_name_alone() {
    let overloaded = json!({"error": {"status": 529, "body": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}}});
    let mut args = STREAM.to_vec();
    args.extend(["--fallback-model", "claude-3-5-haiku-20241022"]);
    let turns = json!([overloaded, overloaded, overloaded, saying("A")]);
    let done = stage(turns).run(&args, "");
    let lines = done.json();
    let told = lines
        .iter()
        .find(|line| line["subtype"] == "model_fallback");
    assert_eq!(
        told.map(|line| line["content"].clone()),
        Some("Switched to Haiku 3.5 due to high demand for Opus 4.8 (1M context)".into())
    );
    assert_eq!(result(&done)["total_cost_usd"], 0.000208);
}

#[test]
fn after_too_many_overloads_nothing_is_told_of_the_answer() {
    let overloaded = json!({"error": {"status": 529, "body": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}}});
    let done = stage(json!([overloaded, overloaded, overloaded])).run(&STREAM, "");
    assert_eq!(result(&done)["api_error_status"], Value::Null);
    let lines = done.json();
    assert!(of_kind(&lines, "assistant")[0].get("request_id").is_none());
}

#[test]
fn the_last_prompt_is_one_line_of_two_hundred_characters() {
    let long = format!("one\ntwo {}", "x".repeat(300));
    let stage = stage(json!([saying("A")]));
    stage.run(
        &["-p", &long, "--output-format", "stream-json", "--verbose"],
        "",
    );
    let lines = stage.transcript();
    let last = of_kind(&lines, "last-prompt")[0]["lastPrompt"].clone();
    assert_eq!(last, format!("one two {}…", "x".repeat(192)));
}

#[test]
fn one_exchange_is_too_little_to_sum_up() {
    let stage = stage(json!([saying("A")]));
    let mut run = Run::start(stage.command(&SJ).stdin(Stdio::piped()));
    run.prompt("one");
    run.wait("a result", |line| line["type"] == "result");
    run.prompt("/compact");
    let failed = run.wait("the summary's end", |line| {
        line["compact_result"].is_string()
    });
    assert_eq!(failed["compact_result"], "failed");
    assert_eq!(failed["compact_error"], "Not enough messages to compact.");
    let done = run.done();
    assert_eq!(result(&done)["result"], "Not enough messages to compact.");
    assert_eq!(result(&done)["total_cost_usd"], 0.0013);
}

#[test]
fn agents_of_the_client_stand_behind_the_others() {
    let stage = stage(json!([saying("A")]));
    let mut run = Run::start(stage.command(&SJ).stdin(Stdio::piped()));
    let own = json!({"aaa": {"description": "d", "prompt": "p"}});
    run.control("i", json!({"subtype": "initialize", "agents": own}));
    run.prompt("one");
    let init = run.wait("init", |line| line["subtype"] == "init");
    let agents = init["agents"].as_array().expect("agents");
    assert_eq!(agents.last(), Some(&"aaa".into()));
    run.done();
}

#[test]
fn a_budget_that_is_no_number_is_reported_as_bun_reports_it() {
    let stage = stage(json!([saying("never asked")]));
    let done = stage.run(&["-p", "hi", "--max-budget-usd", "abc"], "");
    assert!(
        done.stderr
            .starts_with("error: --max-budget-usd must be a positive number greater than 0\n"),
        "{}",
        done.stderr
    );
    assert!(done.stderr.contains("\n\nBun v"), "{}", done.stderr);
}

#[test]
fn a_signal_leaves_the_transcript_of_a_single_turn_as_it_is() {
    let script = json!({"profile": "2.1.197", "clock": 0.0, "calls": [{"do": ["hang"]}]});
    let stage = Stage::new(script);
    let mut run = Run::start(&mut stage.command(&STREAM));
    run.wait("init", |line| line["subtype"] == "init");
    run.signal(rustix::process::Signal::INT);
    let done = run.done();
    assert_eq!(result(&done)["total_cost_usd"], 0);
    let lines = stage.transcript();
    assert_eq!(of_kind(&lines, "assistant").len(), 0);
    assert_eq!(of_kind(&lines, "user").len(), 1);
    assert_eq!(of_kind(&lines, "last-prompt").len(), 1);
}
