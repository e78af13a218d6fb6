//! Requests of clients beside the conversation, with and without what they need.

mod support;

use serde_json::{Value, json};
use support::Stage;

const STREAM: [&str; 4] = [
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
];

/// What the stand-in answers to a request.
fn answer(profile: &str, request: Value) -> Value {
    let line = json!({"type": "control_request", "request_id": "r", "request": request});
    let done = Stage::saying(profile, &["unused"]).run(&STREAM, &format!("{line}\n"));
    let answers = done.json().into_iter();
    let mut answers = answers.filter(|line| line["type"] == "control_response");
    answers.next().unwrap()["response"].clone()
}

/// Seen on 2.1.330.
#[test]
fn what_an_empty_session_has_none_of_is_told_so() {
    let payload =
        |subtype: &str| answer("2.1.330", json!({"subtype": subtype}))["response"].clone();
    assert_eq!(payload("get_plan"), json!({"exists": false}));
    assert_eq!(payload("get_skills_dialog"), json!({"skills": []}));
    assert_eq!(payload("prompt_draft_activity"), Value::Null);
}

/// Seen on 2.1.330.
#[test]
fn a_request_about_a_server_that_is_not_there_is_refused() {
    let error = |request: Value| answer("2.1.330", request)["error"].clone();
    let named = json!({"subtype": "mcp_authenticate", "serverName": "x"});
    assert_eq!(error(named), "Server not found: x");
    assert_eq!(
        error(json!({"subtype": "mcp_clear_auth"})),
        "Server not found: "
    );
    let text = "set_mcp_permission_mode_override: serverName must be a string";
    assert_eq!(
        error(json!({"subtype": "set_mcp_permission_mode_override"})),
        text
    );
}

/// Seen on 2.1.330.
#[test]
fn a_value_of_another_type_is_refused() {
    let model = answer("2.1.330", json!({"subtype": "set_model", "model": 5}));
    assert_eq!(model["error"], "set_model: model must be a string");
    assert_eq!(model["model"], "claude-opus-5-5");
    let tokens = json!({"subtype": "set_max_thinking_tokens", "max_thinking_tokens": "x"});
    assert_eq!(answer("2.1.330", tokens)["subtype"], "error");
    let settings = json!({"subtype": "apply_flag_settings", "settings": 5});
    let error = "apply_flag_settings requires `settings` to be an object, got number";
    assert_eq!(answer("2.1.330", settings)["error"], error);
}

/// Seen on 2.1.330.
#[test]
fn a_file_is_read_as_text_or_in_base64() {
    let stage = Stage::saying("2.1.330", &["unused"]);
    std::fs::write(stage.cwd.join("a.txt"), "hay\n").unwrap();
    let request = json!({"subtype": "read_file", "path": "a.txt", "encoding": "base64"});
    let line = json!({"type": "control_request", "request_id": "r", "request": request});
    let done = stage.run(&STREAM, &format!("{line}\n"));
    let lines = done.json();
    let answer = lines.iter().find(|line| line["type"] == "control_response");
    let payload = &answer.unwrap()["response"]["response"];
    assert_eq!(payload["contents"], "aGF5Cg==");
    assert_eq!(payload["encoding"], "base64");
    assert_eq!(payload.get("lossy"), None);
}
