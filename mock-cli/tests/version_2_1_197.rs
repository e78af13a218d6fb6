//! What PROTOCOL.md states of 2.1.197, of which there are no recordings here.

mod support;

use serde_json::{Value, json};
use std::process::Stdio;
use support::{Done, Run, SJ, Stage};

const STREAM: [&str; 5] = ["-p", "hi", "--output-format", "stream-json", "--verbose"];

fn stage(turns: Value) -> Stage {
    Stage::new(json!({"profile": "2.1.197", "clock": 0.0, "api_script": turns}))
}

fn saying(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn error(status: u16, kind: &str, message: &str) -> Value {
    let body = json!({"type": "error", "error": {"type": kind, "message": message}});
    json!({"error": {"status": status, "body": body, "headers": {"x-should-retry": "false"}}})
}

fn keys(value: &Value) -> Vec<&str> {
    let map = value.as_object().expect("an object");
    map.keys().map(String::as_str).collect()
}

fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn run(turns: Value, args: &[&str]) -> Done {
    stage(turns).run(args, "")
}

#[test]
fn it_says_its_version() {
    let done = run(json!([text("never asked")]), &["--version"]);
    assert_eq!(
        (done.code, done.stdout),
        (0, vec!["2.1.197 (Claude Code)".into()])
    );
}

#[test]
fn init_and_result_have_its_fields_in_its_order() {
    let done = run(json!([saying("Hello there.")]), &STREAM);
    let lines = done.json();
    assert_eq!(done.kinds(), ["system/init", "assistant", "result/success"]);
    let init = [
        "type",
        "subtype",
        "cwd",
        "session_id",
        "tools",
        "mcp_servers",
        "model",
        "permissionMode",
        "slash_commands",
        "apiKeySource",
        "claude_code_version",
        "output_style",
        "agents",
        "skills",
        "plugins",
        "analytics_disabled",
        "product_feedback_disabled",
        "uuid",
        "memory_paths",
        "fast_mode_state",
    ];
    assert_eq!(keys(&lines[0]), init);
    let count = |key: &str| lines[0][key].as_array().map_or(0, Vec::len);
    assert_eq!(
        (
            count("tools"),
            count("slash_commands"),
            count("skills"),
            count("agents")
        ),
        (24, 25, 12, 5)
    );
    assert_eq!(lines[0]["model"], "claude-opus-4-8[1m]");
    // The request carries the model without the suffix, and one request of another kind came before.
    assert_eq!(lines[1]["message"]["model"], "claude-opus-4-8");
    assert_eq!(lines[1]["request_id"], "req_fake0002");
    assert_eq!(
        keys(&lines[1]),
        [
            "type",
            "message",
            "parent_tool_use_id",
            "session_id",
            "uuid",
            "request_id"
        ]
    );
    let result = [
        "type",
        "subtype",
        "is_error",
        "api_error_status",
        "duration_ms",
        "duration_api_ms",
        "ttft_ms",
        "ttft_stream_ms",
        "time_to_request_ms",
        "num_turns",
        "result",
        "stop_reason",
        "session_id",
        "total_cost_usd",
        "usage",
        "modelUsage",
        "permission_denials",
        "terminal_reason",
        "fast_mode_state",
        "uuid",
    ];
    assert_eq!(keys(&lines[2]), result);
    assert_eq!(keys(&lines[2]["modelUsage"]), ["claude-opus-4-8[1m]"]);
    assert_eq!(lines[2]["total_cost_usd"], 0.0013);
}

#[test]
fn what_it_refuses_at_the_start_has_its_own_words() {
    let refused = |args: &[&str]| {
        let done = run(json!([text("never asked")]), args);
        assert_eq!(done.code, 1, "{args:?}");
        done.stderr
    };
    assert_eq!(
        refused(&["-p", "  "]),
        "Error: No messages returned from query\n"
    );
    assert_eq!(
        refused(&["-p", "x", "--autocompact", "auto"]),
        "error: unknown option '--autocompact'\n"
    );
    assert_eq!(
        refused(&["-p", "x", "--permission-mode", "manual"]),
        "error: option '--permission-mode <mode>' argument 'manual' is invalid. Allowed choices are acceptEdits, auto, bypassPermissions, default, dontAsk, plan.\n"
    );
    let id = "11111111-2222-4333-8444-555555555555";
    assert_eq!(
        refused(&["-p", "x", "--session-id", id, "--resume", id]),
        "Error: --session-id can only be used with --continue or --resume if --fork-session is also specified.\n"
    );
    assert_eq!(
        refused(&["-p", "x", "--settings", "missing.json"]),
        "Error: Settings file not found: missing.json\n"
    );
    assert_eq!(
        refused(&["-p", "x", "--resume", id]),
        format!("No conversation found with session ID: {id}\n")
    );
    // A number of turns that is none is passed over.
    assert_eq!(
        run(json!([saying("A")]), &["-p", "x", "--max-turns", "abc"]).stdout,
        ["A"]
    );
}

#[test]
fn an_unknown_session_is_also_a_result_in_a_stream() {
    let id = "11111111-2222-4333-8444-555555555555";
    let mut args = STREAM.to_vec();
    args.extend(["--resume", id]);
    let done = run(json!([text("never asked")]), &args);
    let result = &done.json()[0];
    assert_eq!((done.code, result["session_id"].as_str()), (1, Some(id)));
    assert_eq!(
        result["errors"],
        json!([format!("No conversation found with session ID: {id}")])
    );
    assert!(result.get("result_index").is_none());
}

#[test]
fn errors_of_the_api_are_told_as_completed_turns() {
    let texts = [
        (
            error(400, "invalid_request_error", "bad"),
            "API Error: 400 bad",
        ),
        (
            error(413, "request_too_large", "big"),
            "Request too large (max 32MB). Try with a smaller file.",
        ),
        (
            error(429, "rate_limit_error", "slow"),
            "API Error: Request rejected (429) · slow",
        ),
    ];
    for (turn, text) in texts {
        let done = run(json!([turn]), &STREAM);
        let lines = done.json();
        let result = &lines[lines.len() - 1];
        assert_eq!((done.code, result["result"].as_str()), (1, Some(text)));
        let reason = if text.starts_with("Request") {
            "image_error"
        } else {
            "completed"
        };
        assert_eq!(result["terminal_reason"], reason, "{text}");
        assert!(lines[1].get("is_api_error_message").is_none());
    }
}

#[test]
fn a_retry_is_told_with_a_fraction_or_with_what_the_api_asked_for() {
    let body = json!({"type": "error", "error": {"type": "api_error", "message": "boom"}});
    let failing =
        |headers: Value| json!({"error": {"status": 500, "body": body, "headers": headers}});
    let delay = |headers: Value| {
        let done = run(json!([failing(headers), saying("A")]), &STREAM);
        assert_eq!(
            done.kinds(),
            [
                "system/init",
                "system/api_retry",
                "assistant",
                "result/success"
            ]
        );
        done.json()[1]["retry_delay_ms"].clone()
    };
    assert!(delay(json!({})).is_f64());
    assert_eq!(delay(json!({"retry-after": "2"})), 2000);
}

#[test]
fn a_stream_that_is_cut_behind_a_block_ends_the_turn_and_says_so() {
    // message_start, ping, block start, two deltas, block stop: then the connection is lost.
    let mut cut = saying("half of it");
    cut["disconnect_after"] = 6.into();
    let done = run(json!([cut, saying("never asked for")]), &STREAM);
    assert_eq!(
        done.kinds(),
        ["system/init", "assistant", "assistant", "result/success"]
    );
    let text = "API Error: Connection closed mid-response. The response above may be incomplete.";
    assert_eq!(
        (done.code, done.json()[3]["result"].as_str()),
        (1, Some(text))
    );

    let mut early = saying("lost");
    early["disconnect_after"] = 3.into();
    let done = run(json!([early, saying("whole")]), &STREAM);
    assert_eq!(
        done.kinds(),
        ["system/init", "assistant", "result/success"],
        "asked again without a word"
    );
    assert_eq!(done.json()[2]["result"], "whole");
}

#[test]
fn limits_are_continued_in_silence_and_refusals_are_not_tried_again() {
    let mut long = saying("part");
    long["stop_reason"] = "max_tokens".into();
    let done = run(json!([long, long, long, long]), &STREAM);
    let users = done.json().iter().filter(|l| l["type"] == "user").count();
    assert_eq!((done.code, users), (1, 0));
    assert!(
        done.json()[6]["result"]
            .as_str()
            .is_some_and(|t| t.contains("64000")),
        "{:?}",
        done.stdout
    );

    let mut refused = saying("no");
    refused["stop_reason"] = "refusal".into();
    let done = run(json!([refused, saying("never asked for")]), &STREAM);
    let kinds = [
        "system/init",
        "assistant",
        "system/model_refusal_no_fallback",
        "assistant",
        "result/success",
    ];
    assert_eq!(
        (done.code, done.kinds()),
        (1, kinds.map(str::to_owned).to_vec())
    );
}

#[test]
fn its_answers_to_control_requests_lie_between_the_older_and_the_newer_version() {
    let stage = stage(json!([saying("A")]));
    let mut run = Run::start(stage.command(&SJ).stdin(Stdio::piped()));
    let mut ask = |id: &str, request: Value| {
        run.control(id, request);
        run.wait(id, |l| l["response"]["request_id"] == id)["response"].clone()
    };
    let initialize = ask("a", json!({"subtype": "initialize"}));
    let payload = [
        "commands",
        "agents",
        "output_style",
        "available_output_styles",
        "models",
        "account",
        "pid",
    ];
    assert_eq!(keys(&initialize["response"]), payload);
    assert_eq!(
        ask("b", json!({"subtype": "initialize"}))["subtype"],
        "success"
    );
    assert_eq!(
        ask("c", json!({"subtype": "no_such_thing"})),
        json!({"subtype": "error", "request_id": "c", "error": "Unsupported control request subtype: no_such_thing"})
    );
    assert_eq!(
        ask("d", json!({"subtype": "list_models"}))["subtype"],
        "error"
    );
    let bogus = ask(
        "e",
        json!({"subtype": "set_permission_mode", "mode": "bogus"}),
    );
    assert_eq!(bogus["response"], json!({"mode": "bogus"}));
    let bypass = ask(
        "f",
        json!({"subtype": "set_permission_mode", "mode": "bypassPermissions"}),
    );
    assert_eq!(
        bypass["error"],
        "Cannot set permission mode to bypassPermissions because the session was not launched with --dangerously-skip-permissions"
    );
    assert_eq!(
        ask("g", json!({"subtype": "interrupt"})),
        json!({"subtype": "success", "request_id": "g"})
    );
    let done = run.done();
    assert_eq!(
        (
            done.code,
            done.kinds()
                .iter()
                .filter(|k| *k == "system/status")
                .count()
        ),
        (0, 0)
    );
}

#[test]
fn an_unknown_command_is_told_and_text_behind_a_slash_is_asked() {
    let ask = |prompt: &str| {
        let done = run(json!([saying("A")]), &["-p", prompt]);
        (done.code, done.stdout.join("\n"))
    };
    assert_eq!(
        ask("/nosuchcommand"),
        (0, "Unknown command: /nosuchcommand".into())
    );
    assert_eq!(
        ask("/help"),
        (0, "/help isn't available in this environment.".into())
    );
    assert_eq!(ask("/ text"), (0, "A".into()));
}

#[test]
fn its_transcript_queues_the_prompt_and_ends_with_it() {
    let stage = stage(json!([saying("A")]));
    let done = stage.run(&STREAM, "");
    let session = done.json()[0]["session_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let projects = stage.home.join(".claude/projects");
    let folder = std::fs::read_dir(projects)
        .expect("projects")
        .flatten()
        .next()
        .expect("a project");
    let text = std::fs::read_to_string(folder.path().join(format!("{session}.jsonl")))
        .expect("a transcript");
    let lines: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    let kind = |line: &Value| {
        line["operation"]
            .as_str()
            .or(line["type"].as_str())
            .map(str::to_owned)
    };
    let kinds: Vec<String> = lines.iter().filter_map(kind).collect();
    assert_eq!(&kinds[..3], ["enqueue", "dequeue", "user"]);
    assert_eq!(kinds.last().map(String::as_str), Some("last-prompt"));
    assert_eq!(lines[2]["promptSource"], "sdk");
    let answer = lines
        .iter()
        .find(|l| l["type"] == "assistant")
        .expect("an answer");
    // The file is written behind the message's end.
    assert_eq!(answer["message"]["stop_reason"], "end_turn");
    assert_eq!(answer["gitBranch"], "HEAD");
}

#[test]
fn an_input_line_that_is_no_json_ends_it_with_what_its_parser_says() {
    let stage = stage(json!([saying("A")]));
    let done = stage.run(&SJ, "{\"type\":\"banana\"}\n\n{not json}\n");
    let text = "Error parsing streaming input line: {not json}: SyntaxError: JSON Parse error: Expected '}'\n";
    assert_eq!((done.code, done.stderr.as_str()), (1, text));
}
