//! Sessions with many turns.
#![cfg(target_os = "linux")]

mod support;

use serde_json::json;
use std::fs;
use support::{Run, Stage, kind};

/// What a session may grow by with each turn: the ids by which the next prompt is known to be new.
const BYTES_A_TURN: u64 = 128;

const TURNS: u64 = 400;

#[test]
fn memory_does_not_grow_with_the_turns_of_a_session() {
    let entry = json!({"times": 1_000_000, "do": [{"say": "Hi there"}]});
    let stage = Stage::new(json!({"clock": 0.0, "calls": [entry]}));
    let format = "stream-json";
    let args = [
        "-p",
        "--input-format",
        format,
        "--output-format",
        format,
        "--verbose",
    ];
    let mut run = Run::start(stage.command(&args).stdin(std::process::Stdio::piped()));
    turns(&mut run, TURNS);
    let before = resident(&run);
    turns(&mut run, 3 * TURNS);
    let grown = resident(&run).saturating_sub(before);
    assert!(
        grown < 3 * TURNS * BYTES_A_TURN,
        "{grown} bytes in {} turns",
        3 * TURNS
    );
    assert_eq!(run.done().code, 0);
}

fn turns(run: &mut Run, count: u64) {
    for _ in 0..count {
        run.prompt("Hello");
        run.wait("result", |line| kind(line).starts_with("result"));
        run.stdout.clear();
    }
}

/// The memory that the process has, in bytes.
fn resident(run: &Run) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", run.child.id())).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|l| l.trim().strip_suffix(" kB"));
    kilobytes.and_then(|n| n.parse::<u64>().ok()).unwrap() * 1024
}
