//! The end of a run whose output nobody has read yet (PROTOCOL 9.4).

mod support;

use serde_json::json;
use std::io::Read;
use std::process::Stdio;
use support::Stage;

/// What a pipe holds on Linux.
const PIPE: usize = 65_536;

fn stage(profile: &str) -> Stage {
    let text = "x".repeat(500_000);
    let turn = json!({"content": [{"type": "text", "text": text}]});
    Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": [turn]}))
}

#[test]
#[cfg(target_os = "linux")]
fn versions_up_to_2_1_197_end_and_leave_what_fits_into_the_pipe() {
    for profile in ["1.0.108", "2.0.77", "2.1.197"] {
        let stage = stage(profile);
        let mut child = stage
            .command(&["-p", "go"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        // Nobody reads before the end.
        let status = child.wait().unwrap();
        let mut read = Vec::new();
        stdout.read_to_end(&mut read).unwrap();
        assert_eq!((status.code(), read.len()), (Some(0), PIPE), "{profile}");
    }
}

#[test]
fn version_2_1_330_waits_for_its_reader() {
    let stage = stage("2.1.330");
    let mut child = stage
        .command(&["-p", "go"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut read = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut read).unwrap();
    assert_eq!(read.len(), 500_000 + 1);
    assert!(child.wait().unwrap().success());
}

/// A reader that never comes must not keep the process alive, not even at its first line.
#[test]
#[cfg(target_os = "linux")]
fn sigterm_ends_a_call_whose_first_line_finds_the_pipe_full() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::Write;

    let stage = stage("2.1.330");
    let (_unread, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&[b'x'; PIPE]).unwrap();
    let mut child = stage
        .command(&["-p", "go", "--output-format", "stream-json", "--verbose"])
        .stdout(writer)
        .spawn()
        .unwrap();
    support::until("it has taken its prompt", || {
        stage.calls().first().is_some_and(|c| !c.taken().is_empty())
    });
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    support::until("it ends", || stage.calls()[0].exit_code() == Some(143));
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
