//! The SDKs as judges: the same program on the stand-in and on the real CLI, every message, callback and answer compared
//! field by field after ids, times and folders.
//!
//! Without more, programs run on the stand-in and are compared with what was recorded of the real CLI (`recorded/`).
//! With `SDK_JUDGE_REAL` (a folder that has `VERSION/node_modules/.bin/claude`) all programs run on the real CLIs, and what
//! they saw is written to `SDK_JUDGE_RECORDED`; `.ci/sdk-judge` does both. A program that differs is named in
//! `known.txt`, with its reason.
//!
//! Ignored where an SDK is not installed, and failing there instead if `CLAUDE_HARNESS_REQUIRE` has `node` or `python`.

mod compare;
mod known;
mod normal;
mod play;
mod sdks;
mod table;

use claude_harness::oracle::rules::Rules;
use libtest_mimic::{Arguments, Failed, Trial};
use sdks::{Installed, SDKS, Sdk};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

/// The folder of programs, SDKs and recordings.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk-judge")
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

/// Who is judged, by what.
struct Bench {
    real: Option<PathBuf>,
    stand_in: PathBuf,
    recorded: PathBuf,
    known: known::Known,
    rules: Rules,
    table: Mutex<table::Table>,
}

fn main() -> ExitCode {
    let bench = Arc::new(Bench {
        real: variable("SDK_JUDGE_REAL"),
        stand_in: variable("SDK_JUDGE_STAND_IN")
            .unwrap_or_else(|| env!("CARGO_BIN_EXE_claude-harness").into()),
        recorded: variable("SDK_JUDGE_RECORDED").unwrap_or_else(|| folder().join("recorded")),
        known: known::Known::read(&folder().join("known.txt")),
        rules: Rules::embedded().unwrap(),
        table: Mutex::default(),
    });
    let required = std::env::var("CLAUDE_HARNESS_REQUIRE").unwrap_or_default();
    let mut trials = Vec::new();
    for sdk in SDKS {
        match sdk.installed() {
            Ok(installed) => trials.extend(programs(&bench, &Arc::new(installed))),
            Err(reason) => {
                let required = required.split(',').any(|one| one.trim() == sdk.language());
                let trial = Trial::test(sdk.name, move || Err(reason.into()));
                trials.push(trial.with_ignored_flag(!required));
            }
        }
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    if let Some(path) = variable("SDK_JUDGE_TABLE") {
        std::fs::write(path, bench.table.lock().unwrap().to_string()).unwrap();
    }
    conclusion.exit_code()
}

/// The programs of an SDK: all on the real CLI, on the stand-in those that are recorded.
fn programs(bench: &Arc<Bench>, sdk: &Arc<Installed>) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, needs) in &sdk.programs {
        let (bench, sdk) = (Arc::clone(bench), Arc::clone(sdk));
        let (name, needs) = (name.clone(), needs.clone());
        let recorded = bench
            .recorded
            .join(sdk.sdk.name)
            .join(format!("{name}.jsonl"));
        let judged = needs.on.iter().any(|version| version == sdk.sdk.cli);
        if judged && (bench.real.is_some() || recorded.exists()) {
            trials.push(Trial::test(
                format!("{}::{name}", sdk.sdk.name),
                move || judge(&bench, &sdk, &name, &needs, &recorded),
            ));
        }
    }
    trials
}

fn judge(
    bench: &Bench,
    sdk: &Installed,
    name: &str,
    needs: &play::Needs,
    recorded: &Path,
) -> Result<(), Failed> {
    let Sdk {
        name: sdk_name,
        cli,
        ..
    } = *sdk.sdk;
    let normal = |seen: &play::Seen| normal::normal(seen, cli, &bench.rules);
    if let Some(real) = &bench.real {
        let cli = play::Cli::Real(real.join(cli).join("node_modules/.bin/claude"));
        let seen = normal(&play::play(sdk, name, needs, &cli)?);
        std::fs::create_dir_all(recorded.parent().unwrap())?;
        std::fs::write(recorded, normal::lines(&seen))?;
        return Ok(());
    }
    let recorded = normal(&normal::read(&std::fs::read_to_string(recorded)?));
    let stand_in = play::Cli::StandIn(bench.stand_in.clone());
    let seen = normal(&play::play(sdk, name, needs, &stand_in)?);
    let verdict = compare::verdict(&recorded, &seen);
    bench
        .table
        .lock()
        .unwrap()
        .note(sdk_name, name, verdict.kind);
    match (bench.known.reason(sdk_name, name), verdict.kind) {
        (None, compare::Kind::Same)
        | (Some(_), compare::Kind::Fields | compare::Kind::Sequence) => Ok(()),
        (Some(reason), compare::Kind::Same) if reason.starts_with("race") => Ok(()),
        (Some(_), compare::Kind::Same) => Err("it agrees now: take it out of known.txt".into()),
        (None, _) => Err(verdict.text.into()),
    }
}
