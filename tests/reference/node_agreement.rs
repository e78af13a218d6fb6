//! The reference backend against the Node backend: the same stage, the same questions, the same answers.

use crate::sdk::Sdk;
use crate::server::{self, Server};
use crate::stage::{Stage, cli};
use crate::{Test, tests};
use serde_json::{Value, json};
use std::fs;

pub(crate) const TESTS: &[Test] = tests![
    the_reference_backend_streams_what_the_sdk_streams("claude-code"),
    the_reference_backend_calls_the_cli_as_the_sdk_does("claude-code"),
    broken_json_is_told_as_the_sdk_tells_it("claude-code"),
    bad_requests_are_answered_alike("claude-code"),
    history_is_answered_alike("claude-code"),
    upstream_path_encoding_is_the_same_fault("claude-code"),
];

/// What SDK 1.0.108 does itself, which a sound backend does otherwise.
const AS_THE_SDK: &str = "dies-of-noise,hides-stderr,takes-any-end,resumes-blindly,waits-for-exit,long-prompts-in-argv,takes-empty-results";

/// Both backends on one stage with one CLI: the SDK's, then the reference.
fn both(sdk: &Sdk, stage: &Stage, cli_path: &std::path::Path) -> [Server; 2] {
    [sdk.command(stage), server::command(stage, AS_THE_SDK)].map(|mut command| {
        command.arg("--claude-path").arg(cli_path);
        Server::start(command)
    })
}

/// Newer versions of V8 add the line and column to the position, which the measured one does not.
fn without_columns(mut lines: Vec<Value>) -> Vec<Value> {
    for line in &mut lines {
        if let Some((text, _)) = line["error"]
            .as_str()
            .and_then(|text| text.split_once(" (line 1 column"))
        {
            line["error"] = text.into();
        }
    }
    lines
}

fn the_reference_backend_streams_what_the_sdk_streams(sdk: &Sdk) {
    for name in [
        "answers",
        "converses",
        "fails",
        "dies",
        "says-nothing",
        "says-null",
        "garbles",
        "cuts",
        "mixes",
        "not-executable",
        "bad-interpreter",
        "no-interpreter",
        "no-such-file",
        "no-such-script.js",
        "with-node",
    ] {
        let stage = Stage::new();
        let [real, ours] = both(sdk, &stage, &cli(name))
            .map(|server| without_columns(server.chat("Hello").lines()));
        assert_eq!(real, ours, "{name}: the SDK left, the reference right");
    }
}

fn the_reference_backend_calls_the_cli_as_the_sdk_does(sdk: &Sdk) {
    let stage = Stage::new();
    let [real, ours] = both(sdk, &stage, &cli("records"));
    for body in [
        json!({"message": "  hi\u{feff} "}),
        json!({"message": "/compact", "sessionId": "S", "allowedTools": ["Bash(ls:*)", "Read"], "permissionMode": "plan"}),
        json!({"message": "", "sessionId": "", "allowedTools": [], "permissionMode": "default", "workingDirectory": ""}),
        json!({"message": "-v \"quoted\" 'é😀'", "workingDirectory": stage.path("home")}),
    ] {
        let seen = [&real, &ours].map(|server| {
            assert_eq!(server.chat_with(&body).lines().len(), 2, "{body}");
            let mut env: Vec<String> = stage.read("env").lines().map(str::to_owned).collect();
            env.sort();
            // Of the pipes only their kind can be the same.
            let fds = stage.read("fds");
            let stdin = fds
                .lines()
                .find(|line| line.contains(" 0 -> "))
                .map(|line| line.contains("socket:"));
            (
                stage.read("argv"),
                stage.read("cwd"),
                stage.read("stdin"),
                env,
                stdin,
            )
        });
        assert_eq!(seen[0], seen[1], "{body}");
    }
}

fn broken_json_is_told_as_the_sdk_tells_it(sdk: &Sdk) {
    let stage = Stage::new();
    let [real, ours] = both(sdk, &stage, &cli("prints"));
    for line in [
        "{",
        "{]",
        "[1,",
        "[1 2]",
        "{\"a\" 1}",
        "{\"a\":1,\"b\"2}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "-",
        "1.",
        "1e",
        "tru",
        "\"\\u12\"",
        "\"\\q\"",
        "\"a\tb\"",
        "{\"type\":\"user\"} x",
        "NaN",
        "undefined",
        "é😀 is no JSON at all, is it",
        "{\"long enough to be cut on both sides\": oops, \"so\": 1}",
    ] {
        fs::write(stage.path("line"), format!("{line}\n")).expect("written");
        let [real, ours] =
            [&real, &ours].map(|server| without_columns(server.chat("Hello").lines()));
        assert_eq!(real, ours, "{line}: the SDK left, the reference right");
        let error = ours[0]["error"].as_str().unwrap_or_default();
        assert!(error.contains("JSON"), "{line}: {error}");
    }
}

fn bad_requests_are_answered_alike(sdk: &Sdk) {
    let stage = Stage::new();
    let [real, ours] = both(sdk, &stage, &cli("answers"));
    for body in [
        json!({"message": "a\0\t'\u{1}"}),
        json!({"message": "\0".repeat(100), "sessionId": "s"}),
        json!({"message": "a", "workingDirectory": "/a\0"}),
        json!({"message": "a", "workingDirectory": cli("answers")}),
        json!({"message": "a", "workingDirectory": "/no/such/folder"}),
        json!({"requestId": "r"}),
        json!({"message": null}),
    ] {
        assert!(!real.chat_error(&body).is_empty());
        assert_eq!(real.chat_error(&body), ours.chat_error(&body), "{body}");
    }
    for path in [
        "/api/unknown",
        "/api/projects/a/b",
        "/api/projects/-none/histories",
        "/api/projects/a%3Fb/histories",
    ] {
        let [real, ours] = [&real, &ours]
            .map(|server| server.get(path))
            .map(|answer| (answer.status, answer.body));
        assert_eq!(real, ours, "{path}");
    }
    let [real, ours] = [&real, &ours].map(|server| {
        let answer = crate::http::post(server.port, "/api/chat", "no JSON");
        (answer.status, answer.body)
    });
    assert_eq!(real, ours);
}

fn history_is_answered_alike(sdk: &Sdk) {
    let stage = Stage::new();
    let entry = |time: &str, id: &str, text: &str| {
        let message =
            json!({"role": "assistant", "id": id, "content": [{"type": "text", "text": text}]});
        json!({"type": "assistant", "timestamp": time, "message": message})
    };
    let user = json!({"type": "user", "timestamp": "2026-01-01T00:00:00.000Z", "message": {"role": "user", "content": "hi"}});
    stage.know(&["/p/My App_1.é😀", "/p/none", "/p/app/"]);
    stage.project("-p-My-App-1----");
    let summary: Value = json!({"type": "summary", "summary": "x"});
    stage.transcript(
        "-p-app",
        "a",
        &[
            summary,
            user.clone(),
            entry("2026-01-02T00:00:00.000Z", "m1", &"é".repeat(120)),
        ],
    );
    stage.transcript(
        "-p-app",
        "b",
        &[
            entry("2026-01-04T00:00:00.000Z", "m2", "late"),
            entry("2026-01-03T00:00:00.000Z", "m2", "early"),
        ],
    );
    stage.transcript(
        "-p-app",
        "c",
        &[entry("2026-01-04T00:00:00.000Z", "m2", "a copy")],
    );
    stage.transcript("-p-app", "d", &[user]);
    stage.transcript("-p-app", "empty", &[]);
    let [real, ours] = both(sdk, &stage, &cli("answers"));
    let app = "/api/projects/-p-app/histories";
    for path in [
        "/api/projects",
        app,
        &format!("{app}/a"),
        &format!("{app}/b"),
        &format!("{app}/empty"),
        &format!("{app}/none"),
    ] {
        let [real, ours] = [&real, &ours]
            .map(|server| server.get(path))
            .map(|answer| (answer.status, answer.json()));
        assert_eq!(real, ours, "{path}");
    }
}

fn upstream_path_encoding_is_the_same_fault(sdk: &Sdk) {
    let stage = Stage::new();
    stage.know(&["/p/My App", "/p/app_1.x"]);
    stage.project("-p-My-App");
    stage.project("-p-app-1-x");
    let mut real = sdk.command(&stage);
    real.args(["--path-encoding", "upstream"]);
    let answers = [real, server::command(&stage, "upstream-path-encoding")].map(|mut command| {
        command.arg("--claude-path").arg(cli("answers"));
        Server::start(command).get("/api/projects").json()
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0]["projects"].as_array().map(Vec::len), Some(1));
}
