//! What each SDK makes of a CLI, by SDK-DRIVE 1.2-1.5.

use crate::sdk::Sdk;
use crate::server::Server;
use crate::stage::{Stage, cli};
use crate::{Test, tests};
use serde_json::json;
use std::fs;

pub(crate) const TESTS: &[Test] = tests![
    a_chat_is_answered,
    a_script_runs_under_the_servers_own_runtime,
    a_missing_node_gives_the_text_of_the_sdk,
    a_cli_that_cannot_start_gives_the_text_of_the_sdk,
    a_cli_that_fails_gives_the_text_of_the_sdk,
    routes_answer,
];

fn a_chat_is_answered(sdk: &Sdk) {
    let stage = Stage::new();
    let lines = sdk.start(&stage, "converses").chat("Hello").lines();
    let kinds: Vec<_> = lines
        .iter()
        .map(|line| line["data"]["type"].as_str().or(line["type"].as_str()))
        .collect();
    assert_eq!(
        kinds,
        [
            Some("system"),
            Some("assistant"),
            Some("result"),
            Some("done")
        ],
        "{lines:?}"
    );
    if sdk.speaks_on_stdin {
        let stdin = stage.read("stdin");
        assert!(
            stdin.contains("\"subtype\":\"initialize\"") && stdin.contains("\"text\":\"Hello\""),
            "{stdin}"
        );
    }
}

fn a_script_runs_under_the_servers_own_runtime(sdk: &Sdk) {
    let stage = Stage::new();
    let script = stage.path("cli.js");
    fs::write(
        &script,
        "console.log('{\"type\":\"result\",\"subtype\":\"success\",\"session_id\":\"s\"}')",
    )
    .expect("written");
    let mut command = sdk.command(&stage);
    command
        .arg("--claude-path")
        .arg(&script)
        .env("PATH", "/no/such/folder");
    let lines = Server::start(command).chat("Hello").lines();
    assert_eq!(lines.last(), Some(&json!({"type": "done"})), "{lines:?}");
}

fn a_missing_node_gives_the_text_of_the_sdk(sdk: &Sdk) {
    let script = cli("answers.js");
    let expected = match sdk.name {
        "claude-code" => "Failed to spawn Claude Code process: spawn node ENOENT".to_owned(),
        _ => format!(
            "Claude Code executable at {} exists but failed to launch.",
            script.display()
        ),
    };
    for (path, body) in [
        ("/no/such/folder".into(), json!({"message": "Hello"})),
        // A folder that is missing looks the same, though there is a node.
        (
            cli("with-node"),
            json!({"message": "Hello", "workingDirectory": "/no/such/folder"}),
        ),
    ] {
        let stage = Stage::new();
        let mut command = sdk.command(&stage);
        command
            .arg("--claude-path")
            .arg(&script)
            .args(["--executable", "node"])
            .env("PATH", &path);
        assert_eq!(
            Server::start(command).chat_error(&body),
            expected,
            "PATH={}",
            path.display()
        );
    }
}

fn a_cli_that_cannot_start_gives_the_text_of_the_sdk(sdk: &Sdk) {
    let error = |path: &std::path::Path| {
        let stage = Stage::new();
        let mut command = sdk.command(&stage);
        command.arg("--claude-path").arg(path);
        Server::start(command).chat_error(&json!({"message": "Hello"}))
    };
    let missing = error("/no/such/claude".as_ref());
    assert!(
        missing.starts_with("Claude Code native binary not found at /no/such/claude. "),
        "{missing}"
    );
    for (name, code) in [("not-executable", "EACCES"), ("bad-interpreter", "ENOENT")] {
        let path = cli(name);
        let (got, path) = (error(&path), path.display());
        let expected = match sdk.name {
            "claude-code" => format!("Failed to spawn Claude Code process: spawn {path} {code}"),
            _ => format!("Claude Code native binary at {path} exists but failed to launch."),
        };
        assert!(got.starts_with(&expected), "{got}");
    }
}

fn a_cli_that_fails_gives_the_text_of_the_sdk(sdk: &Sdk) {
    for (name, expected) in [
        ("fails", "Claude Code process exited with code 3"),
        ("dies", "Claude Code process terminated by signal SIGKILL"),
    ] {
        let stage = Stage::new();
        let lines = sdk.start(&stage, name).chat("Hello").lines();
        let error = lines
            .last()
            .and_then(|line| line["error"].as_str())
            .unwrap_or_default();
        assert!(error.starts_with(expected), "{name}: {lines:?}");
    }
    let stage = Stage::new();
    let lines = sdk.start(&stage, "garbles").chat("Hello").lines();
    let last = lines.last().expect("a last line");
    match sdk.name {
        "claude-code" => assert_eq!(
            last["error"],
            "Unexpected token 'p', \"plain text\"... is not valid JSON"
        ),
        _ => assert_eq!(
            last,
            &json!({"type": "done"}),
            "a line that is no JSON is skipped"
        ),
    }
}

fn routes_answer(sdk: &Sdk) {
    let stage = Stage::new();
    let mut server = sdk.start(&stage, "converses");
    let health = server.get("/api/health").json();
    assert_eq!(
        (health["status"].as_str(), health["pid"].as_u64()),
        (Some("ok"), Some(server.pid().into()))
    );
    assert!(
        health["timestamp"].is_u64() && health["uptime"].is_number(),
        "{health}"
    );
    assert_eq!(server.abort("unknown"), 404);
    assert_eq!(server.stop().code(), Some(0));
}
