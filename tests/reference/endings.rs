//! How a turn and the backend end before their time: nothing is left behind.

use crate::http::{self, Stream};
use crate::server::{Server, is_alive, refusal};
use crate::stage::Stage;
use crate::{cli, command, start, trials};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        an_abort_ends_the_cli_and_the_stream,
        an_abort_reaches_every_chat_of_its_id,
        what_the_cli_says_after_sigterm_is_passed_on,
        a_cli_that_ignores_sigterm_is_killed,
        a_client_that_leaves_ends_its_cli,
        a_client_that_leaves_ends_a_stubborn_cli_too,
        a_stop_ends_the_clis_and_exits_with_0,
        a_stop_kills_a_stubborn_cli,
        a_lost_reader_of_the_log_does_not_end_the_backend,
        a_port_in_use_is_told_before_anything_listens,
        an_unknown_defect_is_refused,
    ]
}

/// Reads the first line of `waits` or `stubborn`, which names the CLI's pid.
pub(crate) fn cli_pid(stream: &mut Stream) -> u32 {
    let line = stream.line().expect("a first line");
    let pid = line["data"]["pid"]
        .as_u64()
        .unwrap_or_else(|| panic!("no pid in {line}"));
    u32::try_from(pid).expect("a pid")
}

pub(crate) fn aborted() -> Value {
    json!({"type": "error", "error": "Claude Code process aborted by user"})
}

fn an_abort_ends_the_cli_and_the_stream() {
    let stage = Stage::new();
    let server = start(&stage, "", "waits");
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    let answer = server.post("/api/abort/r", &json!({}));
    assert_eq!(
        answer.json(),
        json!({"success": true, "message": "Request aborted"})
    );
    assert_eq!(server.abort("r"), 404, "a second abort finds nothing");
    assert_eq!(stream.lines(), [aborted()]);
    assert!(!is_alive(pid));
    server.logged(|line| line.contains(&format!("{pid} ended: ")) && line.contains("SIGTERM"));
}

fn an_abort_reaches_every_chat_of_its_id() {
    let stage = Stage::new();
    let server = start(&stage, "", "waits");
    let mut first = server.chat("Hello");
    let first_pid = cli_pid(&mut first);
    // It finds the fifo made, and waits at the same.
    let mut second = server.chat("Hello again");
    let second_pid = cli_pid(&mut second);
    assert_eq!(server.abort("r"), 200);
    assert_eq!(first.lines(), [aborted()]);
    assert_eq!(second.lines(), [aborted()]);
    assert!(!is_alive(first_pid) && !is_alive(second_pid));
}

fn what_the_cli_says_after_sigterm_is_passed_on() {
    let stage = Stage::new();
    let server = start(&stage, "", "talks-after-term");
    let mut stream = server.chat("Hello");
    cli_pid(&mut stream);
    assert_eq!(server.abort("r"), 200);
    let lines = stream.lines();
    assert_eq!(lines.last(), Some(&aborted()));
    assert_eq!(
        lines[0],
        json!({"type": "claude_json", "data": {"type": "late"}})
    );
}

fn a_cli_that_ignores_sigterm_is_killed() {
    let stage = Stage::new();
    let mut command = command(&stage, "");
    command
        .arg("--claude-path")
        .arg(cli("stubborn"))
        .args(["--grace-ms", "50"]);
    let server = Server::start(command);
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    assert_eq!(server.abort("r"), 200);
    assert_eq!(stream.lines(), [aborted()]);
    assert!(!is_alive(pid));
    server.logged(|line| line.contains(&format!("{pid} ended: ")) && line.contains("SIGKILL"));
}

fn a_client_that_leaves_ends_its_cli() {
    let stage = Stage::new();
    let server = start(&stage, "", "waits");
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    drop(stream);
    server.logged(|line| line.contains(&format!("{pid} ended: ")) && line.contains("SIGTERM"));
    assert!(!is_alive(pid));
    assert_eq!(server.abort("r"), 404);
}

fn a_client_that_leaves_ends_a_stubborn_cli_too() {
    let stage = Stage::new();
    let mut command = command(&stage, "");
    command
        .arg("--claude-path")
        .arg(cli("stubborn"))
        .args(["--grace-ms", "50"]);
    let server = Server::start(command);
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    drop(stream);
    server.logged(|line| line.contains(&format!("{pid} ended: ")) && line.contains("SIGKILL"));
    assert!(!is_alive(pid));
}

fn a_stop_ends_the_clis_and_exits_with_0() {
    let stage = Stage::new();
    let mut server = start(&stage, "", "waits");
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    assert_eq!(server.stop().code(), Some(0));
    assert!(!is_alive(pid));
    assert_eq!(stream.lines(), [aborted()], "the client is told");
}

fn a_stop_kills_a_stubborn_cli() {
    let stage = Stage::new();
    let mut command = command(&stage, "");
    command
        .arg("--claude-path")
        .arg(cli("stubborn"))
        .args(["--grace-ms", "50"]);
    let mut server = Server::start(command);
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    assert_eq!(server.stop().code(), Some(0));
    assert!(!is_alive(pid));
}

fn a_lost_reader_of_the_log_does_not_end_the_backend() {
    let stage = Stage::new();
    let mut server = start(&stage, "", "answers");
    server.stop_reading();
    for _ in 0..4 {
        assert_eq!(server.chat("Hello").lines().len(), 4);
    }
    assert_eq!(server.get("/api/health").json()["pid"], server.pid());
    assert_eq!(server.stop().code(), Some(0));
}

fn a_port_in_use_is_told_before_anything_listens() {
    let stage = Stage::new();
    let first = start(&stage, "", "answers");
    let mut second = command(&stage, "");
    second
        .arg("--claude-path")
        .arg(cli("answers"))
        .args(["--port", &first.port.to_string()]);
    let (code, out, err) = refusal(second);
    assert_eq!(code, Some(1));
    assert!(!out.contains("Listening"), "{out}");
    let expected = format!(
        "listen EADDRINUSE: address already in use 127.0.0.1:{}",
        first.port
    );
    assert!(err.contains(&expected), "{err}");
    assert_eq!(
        http::get(first.port, "/api/health").json()["pid"],
        first.pid()
    );
}

fn an_unknown_defect_is_refused() {
    let stage = Stage::new();
    let (code, _, err) = refusal(command(&stage, "no-such-defect"));
    assert_eq!(code, Some(2));
    assert!(
        err.contains("failed to find a defect named `no-such-defect`"),
        "{err}"
    );
}
