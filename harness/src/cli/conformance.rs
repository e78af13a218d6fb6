//! `claude-harness conformance`.

use super::{Complaint, FAILED, OK, print, print_line};
use crate::oracle::Error;
use crate::oracle::real::Real;
use crate::oracle::report::{claims, complaints, json, text};
use crate::oracle::rules::Rules;
use crate::oracle::shipped::write;
use crate::oracle::suite::{Plan, run, selected, updated};
use miette::{IntoDiagnostic, Report};
use std::path::PathBuf;
use std::sync::Arc;

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
    /// Print only what the README says of each version
    #[arg(long, conflicts_with = "json")]
    claim: bool,
    /// Run this real CLI, too, and compare all three
    #[arg(long, value_name = "PATH", requires = "version")]
    real: Option<PathBuf>,
    /// Write what the real CLI does now into the recordings that it no longer agrees with
    #[arg(long, requires_all = ["real", "recordings"])]
    update: bool,
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
            Some(path) => {
                let real = path.canonicalize();
                let real = real.map_err(|e| complaint(Error::io(path, e)))?;
                Some(Arc::new(Real(real)))
            }
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
    } else if arguments.claim {
        claims(&outcome).iter().for_each(|claim| print_line(claim));
    } else {
        print(&text(&outcome));
    }
    if let (true, Some(folder)) = (arguments.update, &arguments.recordings) {
        let recordings = updated(&plan, &outcome).map_err(complaint)?;
        let rules = Rules::embedded().map_err(complaint)?;
        write(folder, &recordings, &rules).map_err(complaint)?;
        return Ok(OK);
    }
    let complaints = complaints(&outcome);
    complaints.iter().for_each(|text| eprintln!("{text}"));
    Ok(if complaints.is_empty() { OK } else { FAILED })
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
