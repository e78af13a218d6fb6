//! `claude-harness conformance`.

use super::{Complaint, FAILED, OK, print, print_line};
use crate::oracle::Error;
use crate::oracle::report::{json, text, unknown};
use crate::oracle::rules::Rules;
use crate::oracle::shipped::write;
use crate::oracle::suite::{Outcome, Plan, run, selected};
use miette::{IntoDiagnostic, Report};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder of recordings; without it, those that the tool carries
    #[arg(long, value_name = "DIR")]
    recordings: Option<PathBuf>,
    /// Only this version of the CLI
    #[arg(long)]
    version: Option<String>,
    /// Only cases whose name fits this glob; may be given several times
    #[arg(long = "case", value_name = "GLOB")]
    cases: Vec<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Run this real CLI, too, and compare all three
    #[arg(long, value_name = "PATH", requires = "version")]
    real: Option<PathBuf>,
    /// Replay with other texts, flags, ids and chunks
    #[arg(long, conflicts_with = "real")]
    perturb: bool,
    /// Run nothing: write the recordings to this folder in the form in which they are shipped
    #[arg(long, value_name = "DIR", conflicts_with_all = ["real", "perturb", "json"])]
    compact: Option<PathBuf>,
    /// The stand-in's waits are multiplied by this
    #[arg(long, value_name = "FACTOR", default_value_t = 0.1)]
    clock: f64,
    /// How many cases run at the same time
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

pub(super) fn conformance(arguments: &Arguments) -> Result<u8, Complaint> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let plan = Plan {
        folder: arguments.recordings.clone(),
        version: arguments.version.clone(),
        cases: arguments.cases.clone(),
        stand_in: std::env::current_exe().into_diagnostic().map_err(boxed)?,
        real: match &arguments.real {
            Some(path) => Some(
                path.canonicalize()
                    .map_err(|e| complaint(Error::io(path, e)))?,
            ),
            None => None,
        },
        clock: arguments.clock,
        // The stand-in mostly waits; the real CLI needs a core.
        jobs: arguments.jobs.unwrap_or(if arguments.real.is_some() {
            cores
        } else {
            cores * 4
        }),
        perturb: arguments.perturb,
    };
    if let Some(folder) = &arguments.compact {
        let recordings = selected(&plan).map_err(complaint)?;
        let rules = Rules::embedded().map_err(complaint)?;
        write(folder, &recordings, &rules).map_err(complaint)?;
        return Ok(OK);
    }
    let outcome = run(&plan, &|_| {}).map_err(complaint)?;
    if arguments.json {
        print_line(&json(&outcome).to_string());
    } else {
        print(&text(&outcome));
    }
    Ok(verdict(&outcome))
}

fn verdict(outcome: &Outcome) -> u8 {
    let unknown = unknown(outcome);
    for case in &unknown {
        eprintln!(
            "{} {}: does not agree, and is not known not to",
            case.version, case.name
        );
    }
    for rule in &outcome.idle {
        eprintln!("the rule for {rule} excused nothing");
    }
    if unknown.is_empty() && outcome.idle.is_empty() {
        OK
    } else {
        FAILED
    }
}

fn complaint(error: Error) -> Complaint {
    boxed(Report::msg(format!("failed to {}", chain(&error))))
}

/// The error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

fn boxed(report: Report) -> Complaint {
    report.into()
}
