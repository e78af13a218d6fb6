//! What a call of the stand-in costs, compared in the same run with the floor: starting a process that does nothing.
//!
//! `cargo bench --bench stand_in`. Both are started in turn, so that a machine whose speed drifts slows
//! both; the median of the pairwise ratios is what to quote.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 50;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = folder.path().join("script.json");
    let entries = r#"{"calls":[{"times":1000,"do":[{"say":"Hi there"}]}]}"#;
    std::fs::write(&script, entries).expect("a script");
    let mut floor = Vec::new();
    let mut turn = Vec::new();
    for round in 0..=ROUNDS {
        let pair = (
            time(&mut Command::new("true")),
            time(&mut one_turn(&script, folder.path())),
        );
        // The first round warms the caches.
        if round > 0 {
            floor.push(pair.0);
            turn.push(pair.1);
        }
    }
    let ratio = |(floor, turn): (&Duration, &Duration)| turn.as_secs_f64() / floor.as_secs_f64();
    let mut ratios: Vec<f64> = floor.iter().zip(&turn).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    println!("medians of {ROUNDS} rounds");
    println!(
        "start and end of `true`        {:>8.2?}",
        median(&mut floor)
    );
    println!("one text turn of the stand-in  {:>8.2?}", median(&mut turn));
    println!(
        "ratio, pair by pair            {:>8.2}",
        ratios[ratios.len() / 2]
    );
}

/// A whole call: prompt, stream-json, transcript and ledger.
fn one_turn(script: &Path, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claude-harness"));
    command
        .args([
            "mock",
            "-p",
            "Hello",
            "--output-format",
            "stream-json",
            "--verbose",
        ])
        .env("MOCK_CLAUDE_SCRIPT", script)
        .env("MOCK_CLAUDE_LEDGER", folder.join("ledger"))
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

fn time(command: &mut Command) -> Duration {
    let started = Instant::now();
    let status = command.status().expect("it starts");
    assert!(status.success(), "{command:?}: {status}");
    started.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
