//! How turns of the Node backend end before their time: nothing is left behind.

use crate::http::Stream;
use crate::sdk::Sdk;
use crate::server::{Server, is_alive, refusal};
use crate::stage::{Stage, cli};
use crate::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    an_abort_ends_the_cli_and_the_stream,
    a_client_that_leaves_ends_its_cli,
    a_client_that_leaves_can_be_ignored,
    a_stop_ends_the_clis_and_exits_with_0,
    a_stubborn_cli_is_killed,
    a_lost_reader_of_the_log_does_not_end_the_backend,
    a_port_in_use_is_told_before_anything_listens,
];

fn cli_pid(stream: &mut Stream) -> u32 {
    let line = stream.line().expect("a first line");
    let pid = line["data"]["pid"]
        .as_u64()
        .unwrap_or_else(|| panic!("no pid in {line}"));
    u32::try_from(pid).expect("a pid")
}

fn ended(server: &Server, pid: u32) -> String {
    server.logged(|line| line.contains(&format!("{pid} ended: ")))
}

fn an_abort_ends_the_cli_and_the_stream(sdk: &Sdk) {
    let stage = Stage::new();
    let server = sdk.start(&stage, "waits");
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    assert_eq!(server.abort("r"), 200);
    assert_eq!(server.abort("r"), 404, "a second abort finds nothing");
    let last = stream.lines().pop().expect("a last line");
    let error = last["error"].as_str().unwrap_or_default();
    match sdk.name {
        "claude-code" => assert_eq!(error, "Claude Code process aborted by user"),
        _ => assert!(
            ["Operation aborted", "Claude Code process aborted by user"].contains(&error),
            "{last}"
        ),
    }
    assert!(ended(&server, pid).ends_with("SIGTERM"));
    assert!(!is_alive(pid));
}

fn a_client_that_leaves_ends_its_cli(sdk: &Sdk) {
    let stage = Stage::new();
    let server = sdk.start(&stage, "waits");
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    drop(stream);
    assert!(ended(&server, pid).ends_with("SIGTERM"));
    assert!(!is_alive(pid));
}

fn a_client_that_leaves_can_be_ignored(sdk: &Sdk) {
    let stage = Stage::new();
    let mut command = sdk.command(&stage);
    command
        .arg("--claude-path")
        .arg(cli("waits"))
        .args(["--on-disconnect", "abandon"]);
    let server = Server::start(command);
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    drop(stream);
    // The end of that connection reaches the event loop before this question.
    assert_eq!(server.get("/api/health").status, 200);
    stage.open_gate();
    assert!(ended(&server, pid).ends_with("exit code 0"));
}

fn a_stop_ends_the_clis_and_exits_with_0(sdk: &Sdk) {
    let stage = Stage::new();
    let mut server = sdk.start(&stage, "waits");
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    assert_eq!(server.stop().code(), Some(0));
    assert!(!is_alive(pid));
}

fn a_stubborn_cli_is_killed(sdk: &Sdk) {
    let stage = Stage::new();
    let mut command = sdk.command(&stage);
    command
        .arg("--claude-path")
        .arg(cli("stubborn"))
        .args(["--grace-ms", "50"]);
    let mut server = Server::start(command);
    let mut stream = server.chat("Hello");
    let pid = cli_pid(&mut stream);
    assert_eq!(server.abort("r"), 200);
    assert!(ended(&server, pid).ends_with("SIGKILL"));
    assert_eq!(server.stop().code(), Some(0));
}

fn a_lost_reader_of_the_log_does_not_end_the_backend(sdk: &Sdk) {
    let stage = Stage::new();
    let mut server = sdk.start(&stage, "converses");
    server.stop_reading();
    for _ in 0..3 {
        assert_eq!(server.chat("Hello").lines().len(), 4);
    }
    assert_eq!(server.get("/api/health").json()["pid"], server.pid());
}

fn a_port_in_use_is_told_before_anything_listens(sdk: &Sdk) {
    let stage = Stage::new();
    let first = sdk.start(&stage, "converses");
    let mut second = sdk.command(&stage);
    second
        .arg("--claude-path")
        .arg(cli("converses"))
        .args(["--port", &first.port.to_string()]);
    let (code, out, err) = refusal(second);
    assert_eq!(code, Some(1));
    assert!(
        !out.contains("Listening") && err.contains("EADDRINUSE"),
        "{out}{err}"
    );
}
