//! What transcripts keep of answers and failures. The values were seen on 2.1.330.

mod support;

use serde_json::{Value, json};
use support::{Run, Stage};

/// The lines of the model in the transcript of a turn.
fn kept(turns: Value, mode: &str) -> Vec<Value> {
    let stage = Stage::new(json!({"profile": "2.1.330", "clock": 0.0, "api_script": turns}));
    let args = ["-p", "go", "--permission-mode", mode];
    // Root may skip permissions nowhere else.
    let mut command = stage.command(&args);
    Run::start(command.env("IS_SANDBOX", "1")).ended();
    let mut lines = stage.transcript();
    lines.retain(|line| line["type"] == "assistant");
    lines
}

fn error(status: u16, kind: &str, message: &str) -> Value {
    let body = json!({"type": "error", "error": {"type": kind, "message": message}});
    json!({"error": {"status": status, "body": body, "headers": {}}})
}

#[test]
fn a_failure_is_kept_with_its_details_in_the_order_of_the_cli() {
    let before = [
        "parentUuid",
        "isSidechain",
        "type",
        "uuid",
        "timestamp",
        "message",
        "requestId",
    ];
    let after = [
        "userType",
        "entrypoint",
        "cwd",
        "sessionId",
        "version",
        "gitBranch",
    ];
    let rows: [(Value, &[&str], &str); 3] = [
        (
            error(413, "request_too_large", "big"),
            &[
                "error",
                "errorDetails",
                "isApiErrorMessage",
                "healsDistinctCarrier",
                "apiErrorStatus",
                "apiErrorType",
                "perTurnEffort",
                "failedResponseHadNoToolCall",
                "madeBy",
            ],
            "model",
        ),
        (
            error(
                400,
                "invalid_request_error",
                "prompt is too long: 250000 tokens > 200000 maximum",
            ),
            &[
                "error",
                "errorDetails",
                "isApiErrorMessage",
                "apiErrorStatus",
                "apiErrorType",
                "failedResponseHadNoToolCall",
                "madeBy",
            ],
            "other",
        ),
        (
            error(429, "rate_limit_error", "slow"),
            &[
                "apiErrorIsTransient",
                "error",
                "isApiErrorMessage",
                "apiErrorStatus",
                "apiErrorType",
                "perTurnEffort",
                "failedResponseHadNoToolCall",
                "madeBy",
            ],
            "model",
        ),
    ];
    for (failure, own, made_by) in rows {
        // (An overload is tried again.)
        let lines = kept(Value::Array(vec![failure; 12]), "default");
        let line = lines.last().and_then(Value::as_object).expect("a line");
        let keys: Vec<&str> = line.keys().map(String::as_str).collect();
        assert_eq!(keys, [&before, own, &after].concat());
        assert_eq!(line["madeBy"], made_by);
    }
}

#[test]
fn an_answer_that_is_cut_too_often_is_kept_with_what_cut_it() {
    let cut = json!({"content": [{"type": "text", "text": "part"}], "stop_reason": "max_tokens"});
    let lines = kept(Value::Array(vec![cut; 4]), "default");
    let line = lines.last().expect("a line");
    assert_eq!(line["apiErrorParams"], json!({"cut": "output_limit"}));
    assert_eq!(line["perTurnEffort"], Value::Null);
}

#[test]
fn a_classifier_is_named_in_the_modes_that_ask_one() {
    let call = json!({"type": "tool_use", "name": "Bash", "input": {"command": "echo a"}});
    for (mode, named) in [
        ("default", false),
        ("acceptEdits", false),
        ("plan", true),
        ("auto", true),
        ("dontAsk", false),
        ("bypassPermissions", false),
    ] {
        let turns = json!([{"content": [call]}, {"content": [{"type": "text", "text": "b"}]}]);
        let lines = kept(turns, mode);
        assert_eq!(
            lines[0]["serverClassifierRequest"].is_string(),
            named,
            "{mode}"
        );
    }
}
