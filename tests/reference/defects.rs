//! Each defect breaks its thing, and the sound backend does not have it.

use crate::endings::{aborted, cli_pid};
use crate::http;
use crate::server::{Server, is_alive, kill, refusal, signal};
use crate::stage::Stage;
use crate::{cli, command, start, trials};
use claude_harness::backend::reference::Defect;
use claude_harness::scenario::built_in;
use libtest_mimic::Trial;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        spawn_bare_node_needs_a_node_on_path,
        upstream_path_encoding_hides_a_project_with_a_space,
        cold_home_500_answers_500,
        no_cancel_on_disconnect_lets_the_cli_run_on,
        listening_before_bind_is_fooled_by_a_stranger,
        abandons_children_on_stop_leaves_an_orphan,
        exits_without_claude_on_path_ignores_the_given_one,
        ignores_abort_lets_the_turn_go_on,
        forgets_run_as_node_leaves_electrons_executable_an_app,
        writes_into_app_folder_needs_it_to_be_writable,
        leaves_stdin_open_keeps_a_cli_waiting_for_the_end_of_its_input,
        keeps_a_file_per_turn_leaves_one_for_each,
        reads_history_inline_answers_nobody_meanwhile,
        every_defect_is_shown,
    ]
}

fn spawn_bare_node_needs_a_node_on_path() {
    let chat = |defects: &str, path: &str| {
        let stage = Stage::new();
        let mut command = command(&stage, defects);
        command
            .arg("--claude-path")
            .arg(cli("answers.js"))
            .args(["--runtime", "/bin/sh"]);
        Server::start(command_with_path(command, path))
            .chat("Hello")
            .lines()
    };
    let error = "Failed to spawn Claude Code process: spawn node ENOENT";
    assert_eq!(
        chat("spawn-bare-node", "with-claude"),
        [json!({"type": "error", "error": error})]
    );
    assert_eq!(
        chat("spawn-bare-node", "with-node").len(),
        4,
        "a node on PATH hides the defect"
    );
    assert_eq!(
        chat("", "with-claude").len(),
        4,
        "the sound backend needs none"
    );
}

fn forgets_run_as_node_leaves_electrons_executable_an_app() {
    let stage = Stage::new();
    let frames = |defects: &str| {
        let mut command = command(&stage, defects);
        command
            .arg("--claude-path")
            .arg(cli("answers.js"))
            .arg("--runtime")
            .arg(cli("electron"))
            .arg("--electron");
        Server::start(command).chat("Hello").lines().len()
    };
    assert_eq!((frames("forgets-run-as-node"), frames("")), (1, 4));
}

fn writes_into_app_folder_needs_it_to_be_writable() {
    let stage = Stage::new();
    let database = std::env::current_exe()
        .expect("this binary")
        .with_file_name("data.db");
    // A folder of that name can be opened by nobody, as little as a file of a read-only app.
    let _ = std::fs::create_dir(&database);
    let mut broken = command(&stage, "writes-into-app-folder");
    broken.arg("--claude-path").arg(cli("answers"));
    let (_, _, refused) = refusal(broken);
    std::fs::remove_dir(&database).expect("the folder");
    let expected = format!(
        "Error: EISDIR: is a directory, open '{}'",
        database.display()
    );
    assert!(refused.contains(&expected), "{refused}");
    start(&stage, "", "answers");
}

fn command_with_path(mut command: std::process::Command, folder: &str) -> std::process::Command {
    command.env("PATH", cli(folder));
    command
}

fn upstream_path_encoding_hides_a_project_with_a_space() {
    let projects = |defects: &str| {
        let stage = Stage::new();
        stage.know(&["/p/My App", "/p/app_1.x"]);
        stage.project("-p-My-App");
        stage.project("-p-app-1-x");
        let answer = start(&stage, defects, "answers")
            .get("/api/projects")
            .json();
        let projects = answer["projects"].as_array().expect("a list").iter();
        projects
            .map(|one| one["path"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(projects("upstream-path-encoding"), ["/p/app_1.x"]);
    assert_eq!(projects(""), ["/p/My App", "/p/app_1.x"]);
}

fn cold_home_500_answers_500() {
    let stage = Stage::new();
    let server = start(&stage, "cold-home-500", "answers");
    let answer = server.get("/api/projects");
    assert_eq!(
        (answer.status, answer.json()),
        (500, json!({"error": "Failed to read projects"}))
    );
    stage.know(&[]);
    assert_eq!(
        server.get("/api/projects").status,
        200,
        "a home that is warm is read"
    );
    assert_eq!(
        start(&Stage::new(), "", "answers")
            .get("/api/projects")
            .status,
        200
    );
}

fn no_cancel_on_disconnect_lets_the_cli_run_on() {
    let stage = Stage::new();
    let server = start(&stage, "no-cancel-on-disconnect", "waits");
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    drop(stream);
    // The end of that connection reaches the one thread before this question.
    assert_eq!(server.get("/api/health").status, 200);
    stage.open_gate();
    server.logged(|line| line.ends_with(&format!("{pid} ended: exit code 0")));
}

fn listening_before_bind_is_fooled_by_a_stranger() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let stranger = runtime.block_on(async {
        let stranger = MockServer::start().await;
        let health = ResponseTemplate::new(200).set_body_json(json!({"status": "ok", "pid": 1}));
        Mock::given(path("/api/health"))
            .respond_with(health)
            .mount(&stranger)
            .await;
        stranger
    });
    let port = stranger.address().port();
    for (defects, lies) in [("listening-before-bind", true), ("", false)] {
        let stage = Stage::new();
        let mut command = command(&stage, defects);
        command
            .arg("--claude-path")
            .arg(cli("answers"))
            .args(["--port", &port.to_string()]);
        let (code, out, err) = refusal(command);
        assert_eq!(code, Some(1), "{defects}");
        assert!(err.contains("EADDRINUSE"), "{err}");
        assert_eq!(
            out.contains(&format!("Listening on http://127.0.0.1:{port}/")),
            lies,
            "{out}"
        );
    }
    assert_eq!(
        http::get(port, "/api/health").json()["pid"],
        1,
        "the stranger answers as if nothing were wrong"
    );
}

fn abandons_children_on_stop_leaves_an_orphan() {
    let stage = Stage::new();
    let mut server = start(&stage, "abandons-children-on-stop", "waits");
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    let status = server.stop();
    assert_eq!(signal(status), Some(15), "it died of the signal: {status}");
    assert!(is_alive(pid), "the CLI got no signal");
    kill(pid);
}

fn exits_without_claude_on_path_ignores_the_given_one() {
    let backend = |defects: &str, folder: &str| {
        let stage = Stage::new();
        let mut command = command(&stage, defects);
        command.arg("--claude-path").arg(cli("answers"));
        let system = std::env::split_paths("/usr/bin:/bin");
        let path =
            std::env::join_paths(std::iter::once(cli(folder)).chain(system)).expect("a PATH");
        command.env("PATH", path);
        command
    };
    let defect = "exits-without-claude-on-path";
    let (code, out, err) = refusal(backend(defect, "with-node"));
    assert_eq!(code, Some(1));
    assert!(
        err.contains("No `claude` on PATH") && !out.contains("Listening"),
        "{out}{err}"
    );
    assert_eq!(
        Server::start(backend(defect, "with-claude"))
            .chat("Hello")
            .lines()
            .len(),
        4
    );
    assert_eq!(
        Server::start(backend("", "with-node"))
            .chat("Hello")
            .lines()
            .len(),
        4
    );
}

fn ignores_abort_lets_the_turn_go_on() {
    let stage = Stage::new();
    let server = start(&stage, "ignores-abort", "waits");
    let mut stream = server.chat("Hello");
    cli_pid(&mut stream);
    assert_eq!(server.abort("r"), 200);
    assert_eq!(server.abort("r"), 200);
    stage.open_gate();
    let lines = stream.lines();
    assert!(!lines.contains(&aborted()), "{lines:?}");
    assert_eq!(lines.last(), Some(&json!({"type": "done"})));
    assert_eq!(server.abort("r"), 404, "a turn that has ended is not there");
}

fn leaves_stdin_open_keeps_a_cli_waiting_for_the_end_of_its_input() {
    let stage = Stage::new();
    // The sound backend ends the input, so the CLI gets through to its answer.
    let lines = start(&stage, "", "reads-stdin").chat("Hello").lines();
    assert_eq!(lines.last(), Some(&json!({"type": "done"})));
    let server = start(&stage, "leaves-stdin-open", "reads-stdin");
    let mut stream = server.chat("Hello");
    cli_pid(&mut stream);
    // It still waits: it can be aborted, which an ended turn cannot.
    assert_eq!(server.abort("r"), 200);
    assert_eq!(stream.lines().last(), Some(&aborted()));
}

fn keeps_a_file_per_turn_leaves_one_for_each() {
    let files = |defects: &str| {
        let (stage, tmp) = (Stage::new(), tempfile::tempdir().expect("a folder"));
        let mut command = command(&stage, defects);
        command
            .env("TMPDIR", tmp.path())
            .arg("--claude-path")
            .arg(cli("answers"));
        let server = Server::start(command);
        for _ in 0..2 {
            server.chat("Hello").lines();
        }
        std::fs::read_dir(tmp.path()).expect("a folder").count()
    };
    assert_eq!((files("keeps-a-file-per-turn"), files("")), (2, 0));
}

/// That the sound backend answers meanwhile is shown where histories are.
fn reads_history_inline_answers_nobody_meanwhile() {
    let stage = Stage::new();
    let fifo = stage.project("-p-app").join("s.jsonl");
    let made = Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo runs").success());
    let server = start(&stage, "reads-history-inline", "answers");
    let port = server.port;
    let reader =
        std::thread::spawn(move || http::get(port, "/api/projects/-p-app/histories/s").status);
    // The other end opens when the backend has begun to read, and keeps it waiting.
    let writer = std::fs::OpenOptions::new()
        .write(true)
        .open(&fifo)
        .expect("the backend reads");
    let mut health = TcpStream::connect(("127.0.0.1", port)).expect("the system takes it");
    health
        .write_all(b"GET /api/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .expect("the system takes it");
    let patience = Some(Duration::from_millis(200));
    health.set_read_timeout(patience).expect("it can be set");
    let early = health.read(&mut [0]);
    assert!(early.is_err(), "answered: {early:?}");
    drop(writer);
    health.set_read_timeout(None).expect("it can be set");
    let mut answer = String::new();
    health.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    reader.join().expect("an answer");
}

/// A new defect needs a test here, named after it, or a scenario that shows it beside one without it.
fn every_defect_is_shown() {
    let tests: Vec<_> = trials()
        .iter()
        .map(|trial| trial.name().to_owned())
        .collect();
    for defect in Defect::all() {
        let prefix = format!("defects::{}", defect.name().replace('-', "_"));
        let in_a_scenario = built_in().iter().any(|file| {
            let text = file.text.as_deref().unwrap_or_default();
            text.contains(&format!("defects: [{}]", defect.name())) && text.contains("fixed:")
        });
        assert!(
            in_a_scenario || tests.iter().any(|test| test.starts_with(&prefix)),
            "no test shows {defect}"
        );
    }
}
