//! What the backend reads of the CLI's files.

use crate::server::Server;
use crate::stage::Stage;
use crate::{cli, command, start, trials};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::process::Command;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_cold_home_has_no_projects,
        projects_are_those_with_a_history,
        a_configured_folder_replaces_home,
        conversations_come_newest_first,
        copies_are_listed_once_and_wordless_conversations_each,
        a_conversation_opens,
        what_is_not_there_is_404_and_a_bad_name_400,
        a_read_that_hangs_holds_up_nothing,
    ]
}

const PROJECT: &str = "/api/projects/-p-app/histories";

fn user(time: &str) -> Value {
    json!({"type": "user", "timestamp": time, "message": {"role": "user", "content": "hi"}})
}

fn assistant(time: &str, id: &str, text: &str) -> Value {
    let message =
        json!({"role": "assistant", "id": id, "content": [{"type": "text", "text": text}]});
    json!({"type": "assistant", "timestamp": time, "message": message})
}

fn a_cold_home_has_no_projects() {
    let stage = Stage::new();
    let answer = start(&stage, "", "answers").get("/api/projects");
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"projects": []}))
    );
}

fn projects_are_those_with_a_history() {
    let stage = Stage::new();
    stage.know(&["/p/My App_1.é", "/p/never-used", "/p/app/"]);
    stage.project("-p-My-App-1--");
    stage.project("-p-app");
    let answer = start(&stage, "", "answers").get("/api/projects");
    assert_eq!(
        answer.json(),
        json!({"projects": [
            {"path": "/p/My App_1.é", "encodedName": "-p-My-App-1--"},
            {"path": "/p/app/", "encodedName": "-p-app"},
        ]})
    );
}

fn a_configured_folder_replaces_home() {
    let stage = Stage::new();
    let folder = stage.path("config");
    std::fs::create_dir_all(folder.join("projects/-p-x")).expect("created");
    std::fs::write(folder.join(".claude.json"), r#"{"projects":{"/p/x":{}}}"#).expect("written");
    let mut command = command(&stage, "");
    command
        .arg("--claude-path")
        .arg(cli("answers"))
        .env("CLAUDE_CONFIG_DIR", folder);
    let answer = Server::start(command).get("/api/projects");
    assert_eq!(answer.json()["projects"][0]["encodedName"], "-p-x");
}

fn conversations_come_newest_first() {
    let stage = Stage::new();
    stage.transcript(
        "-p-app",
        "old",
        &[
            user("2026-01-01T00:00:00.000Z"),
            assistant("2026-01-01T00:00:01.000Z", "m1", "one"),
        ],
    );
    stage.transcript(
        "-p-app",
        "new",
        &[
            user("2026-02-01T00:00:00.000Z"),
            assistant("2026-02-01T00:00:01.000Z", "m2", "two"),
        ],
    );
    std::fs::write(stage.project("-p-app").join("empty.jsonl"), "").expect("written");
    std::fs::create_dir(stage.project("-p-app").join("folder.jsonl")).expect("created");
    let answer = start(&stage, "", "answers").get(PROJECT);
    assert_eq!(
        answer.json(),
        json!({"conversations": [
            {"sessionId": "new", "startTime": "2026-02-01T00:00:00.000Z", "lastTime": "2026-02-01T00:00:01.000Z",
             "messageCount": 2, "lastMessagePreview": "two"},
            {"sessionId": "old", "startTime": "2026-01-01T00:00:00.000Z", "lastTime": "2026-01-01T00:00:01.000Z",
             "messageCount": 2, "lastMessagePreview": "one"},
        ]})
    );
}

fn copies_are_listed_once_and_wordless_conversations_each() {
    let stage = Stage::new();
    for session in ["a", "b"] {
        stage.transcript("-p-app", session, &[assistant("2026-01-01", "m1", "same")]);
    }
    for session in ["c", "d"] {
        stage.transcript("-p-app", session, &[user("2026-01-02")]);
    }
    stage.transcript(
        "-p-app",
        "e",
        &[
            assistant("2026-01-03", "m1", "same"),
            assistant("2026-01-04", "m2", "more"),
        ],
    );
    let answer = start(&stage, "", "answers").get(PROJECT).json();
    let sessions: Vec<_> = answer["conversations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["sessionId"].as_str())
        .collect();
    assert_eq!(sessions, [Some("e"), Some("c"), Some("d"), Some("a")]);
}

fn a_conversation_opens() {
    let stage = Stage::new();
    let lines = [user("2026-01-01"), assistant("2026-01-02", "m1", "hello")];
    stage.transcript("-p-app", "s", &lines);
    let answer = start(&stage, "", "answers").get(&format!("{PROJECT}/s"));
    assert_eq!(
        answer.json(),
        json!({"sessionId": "s", "messages": lines,
            "metadata": {"startTime": "2026-01-01", "endTime": "2026-01-02", "messageCount": 2}})
    );
}

fn what_is_not_there_is_404_and_a_bad_name_400() {
    let stage = Stage::new();
    stage.transcript("-p-app", "empty", &[]);
    let server = start(&stage, "", "answers");
    let details = |error: &str, details: &str| json!({"error": error, "details": details});
    for (path, status, body) in [
        (
            "/api/projects/-p-none/histories".to_owned(),
            404,
            json!({"error": "Project not found"}),
        ),
        (
            format!("{PROJECT}/none"),
            404,
            json!({"error": "Conversation not found", "sessionId": "none"}),
        ),
        (
            "/api/projects/..%2F..%2Fetc/histories".to_owned(),
            400,
            json!({"error": "Invalid encoded project name"}),
        ),
        (
            "/api/projects/%2e%2e/histories".to_owned(),
            400,
            json!({"error": "Invalid encoded project name"}),
        ),
        (
            format!("{PROJECT}/.hidden"),
            400,
            details("Invalid session ID format", "Invalid session ID format"),
        ),
        (
            format!("{PROJECT}/empty"),
            500,
            details(
                "Failed to fetch conversation details",
                "Empty conversation file",
            ),
        ),
    ] {
        let answer = server.get(&path);
        assert_eq!((answer.status, answer.json()), (status, body), "{path}");
    }
}

/// A transcript that is a fifo without a writer: a read of it never comes back.
fn a_read_that_hangs_holds_up_nothing() {
    let stage = Stage::new();
    let fifo = stage.project("-p-app").join("s.jsonl");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .expect("mkfifo runs")
            .success()
    );
    let mut server = start(&stage, "", "answers");
    let reader = {
        let port = server.port;
        std::thread::spawn(move || crate::http::get(port, &format!("{PROJECT}/s")).json())
    };
    // The other end opens when the backend has begun to read, and keeps it waiting.
    let writer = std::fs::OpenOptions::new()
        .write(true)
        .open(&fifo)
        .expect("the backend reads");
    assert_eq!(server.get("/api/health").status, 200);
    assert_eq!(server.chat("Hello").lines().len(), 4);
    assert_eq!(
        server.get(PROJECT).json(),
        json!({"conversations": []}),
        "a fifo is no transcript"
    );
    drop(writer);
    assert_eq!(
        reader.join().expect("an answer")["error"],
        "Failed to fetch conversation details"
    );

    let port = server.port;
    let hung = std::thread::spawn(move || crate::http::get_raw(port, &format!("{PROJECT}/s")));
    let writer = std::fs::OpenOptions::new()
        .write(true)
        .open(&fifo)
        .expect("the backend reads");
    assert_eq!(
        server.stop().code(),
        Some(0),
        "a stop does not wait for the read"
    );
    drop(writer);
    assert!(
        hung.join().expect("a result").is_empty(),
        "the connection was closed"
    );
}
