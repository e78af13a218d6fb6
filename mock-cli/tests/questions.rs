//! What servers ask the user, and who answers. Values as seen on the real CLIs 2.0.77 and 2.1.330 on the same server.

mod support;

use serde_json::{Value, json};
use std::process::Stdio;
use support::{Run, Stage};

/// A server whose tool asks for a name, and answers with what it is told.
const SERVER: &str = r#"
while IFS= read -r line; do
  case "$line" in
    *server/discover*) echo '{"jsonrpc":"2.0","id":"server-discover-probe-1","error":{"code":-32601,"message":"no"}}' ;;
    *'"initialize"'*) echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}' ;;
    *tools/list*) echo '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}}' ;;
    *tools/call*) echo '{"jsonrpc":"2.0","id":77,"method":"elicitation/create","params":{"message":"Who?","requestedSchema":{"type":"object","properties":{"name":{"type":"string"}}}}}' ;;
    *'"id":77'*) told=${line#*\"result\":}; told=${told%%,\"jsonrpc*}; told=$(printf %s "$told" | tr '"' "'")
      echo '{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"'"$told"'"}]}}' ;;
  esac
done
"#;

/// A run whose server asks once the prompt is there; hooks for `events` are callbacks of that name.
fn asked(profile: &str, events: &[&str], settings: &Value) -> (Stage, Run) {
    let call = json!({"type": "tool_use", "name": "mcp__x__t", "input": {}});
    let stage = Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": [
        {"content": [call]}, {"content": [{"type": "text", "text": "done"}]},
    ]}));
    let server = json!({"command": "/bin/bash", "args": ["-c", SERVER]});
    let config = json!({"mcpServers": {"x": server}}).to_string();
    let settings = settings.to_string();
    let args = [
        "-p",
        "--input-format=stream-json",
        "--output-format=stream-json",
        "--verbose",
        "--allowedTools=mcp__x__t",
        "--mcp-config",
        &config,
        "--settings",
        &settings,
    ];
    let mut run = Run::start(stage.command(&args).stdin(Stdio::piped()));
    let hook = |event: &&str| (event.to_string(), json!([{"hookCallbackIds": [event]}]));
    let hooks: serde_json::Map<String, Value> = events.iter().map(hook).collect();
    run.control("i", json!({"subtype": "initialize", "hooks": hooks}));
    run.prompt("go");
    (stage, run)
}

/// Waits for a request of this subtype.
fn request(run: &mut Run, subtype: &str) -> Value {
    run.wait(subtype, |line| line["request"]["subtype"] == subtype)
}

fn answer(run: &mut Run, request: &Value, response: &Value) {
    let answer =
        json!({"subtype": "success", "request_id": request["request_id"], "response": response});
    run.send_json(&json!({"type": "control_response", "response": answer}));
}

/// What the server was told.
fn told(run: &mut Run) -> String {
    let line = run.wait("a result of the tool", |line| line["type"] == "user");
    let text = &line["message"]["content"][0]["content"][0]["text"];
    text.as_str().unwrap().to_owned()
}

#[test]
fn the_client_answers_what_a_server_asks_and_hooks_hear_of_both() {
    let (_stage, mut run) = asked("2.1.330", &["Elicitation", "ElicitationResult"], &json!({}));
    let hook = request(&mut run, "hook_callback");
    assert_eq!(hook["request"]["input"]["hook_event_name"], "Elicitation");
    assert_eq!(hook["request"]["input"]["message"], "Who?");
    answer(&mut run, &hook, &json!({}));
    let asked = request(&mut run, "elicitation");
    assert_eq!(asked["request"]["mcp_server_name"], "x");
    assert_eq!(asked["request"]["mode"], "form");
    assert_eq!(asked["request"]["property_order"], json!(["name"]));
    let given = json!({"action": "accept", "content": {"name": "Ann"}});
    answer(&mut run, &asked, &given);
    let hook = request(&mut run, "hook_callback");
    assert_eq!(hook["request"]["input"]["action"], "accept");
    assert_eq!(hook["request"]["input"]["content"], json!({"name": "Ann"}));
    answer(&mut run, &hook, &json!({}));
    assert_eq!(
        told(&mut run),
        "{'action':'accept','content':{'name':'Ann'}}"
    );
}

#[test]
fn what_is_no_answer_cancels_and_a_hook_that_blocks_declines() {
    let (_stage, mut run) = asked("2.1.330", &[], &json!({}));
    let asked_first = request(&mut run, "elicitation");
    answer(&mut run, &asked_first, &json!({"action": "maybe"}));
    assert_eq!(told(&mut run), "{'action':'cancel'}");
    let (_stage, mut run) = asked("2.1.330", &["Elicitation"], &json!({}));
    let hook = request(&mut run, "hook_callback");
    answer(
        &mut run,
        &hook,
        &json!({"decision": "block", "reason": "no"}),
    );
    assert_eq!(told(&mut run), "{'action':'decline'}");
}

#[test]
fn a_command_answers_in_the_clients_place() {
    let said = json!({"hookSpecificOutput": {"hookEventName": "Elicitation", "action": "accept", "content": {"name": "Cal"}}});
    let command = json!({"type": "command", "command": format!("echo '{said}'")});
    let settings = json!({"hooks": {"Elicitation": [{"matcher": "x", "hooks": [command]}]}});
    let (_stage, mut run) = asked("2.1.330", &[], &settings);
    assert_eq!(
        told(&mut run),
        "{'action':'accept','content':{'name':'Cal'}}"
    );
}
