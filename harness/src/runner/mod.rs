//! Running scenarios: choosing them, performing each, comparing with what they expect.

mod catalog;
mod cross;
mod disguise;
mod ending;
mod files;
mod keeper;
mod lacking;
mod leaks;
mod on_stage;
mod pairs;
mod perform;
mod pool;
mod renumber;
mod select;
mod steps;
mod stranger;

pub use catalog::Catalog;
pub use cross::DefectRun;
pub use on_stage::{launched, supervision};
pub use pairs::{LeftOut, misfit};
use perform::SCREENSHOT;
pub use perform::{PerformError, Performed, perform};
pub use pool::{Job, run_all};
pub use select::{Overrides, Planned, SelectError, Selection, everything, select};

use crate::judge::Judgement;
use crate::report::{Comparison, Outcome, Snapshots};
use crate::scenario::Expect;
use crate::stage::Executables;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How a run came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Exactly what was expected, and the snapshot agrees.
    Passed,
    /// Anything else.
    Failed,
    /// It cannot run here, or not under these overrides.
    Skipped,
}

impl Verdict {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// How a run's outcome compares with its snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotState {
    /// The same.
    Match,
    /// Different.
    Differs,
    /// There is none yet.
    Missing,
    /// Nobody looked.
    NotCompared,
}

impl SnapshotState {
    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Differs => "differs",
            Self::Missing => "missing",
            Self::NotCompared => "not-compared",
        }
    }
}

/// All that is known of one run.
#[derive(Debug, Clone)]
pub struct Report {
    /// `<scenario>::<variant>`.
    pub name: String,
    /// The scenario's name.
    pub scenario: String,
    /// The variant's name.
    pub variant: String,
    /// The launch environment.
    pub environment: String,
    /// The layout.
    pub layout: String,
    /// The backend.
    pub backend: String,
    /// Whether it counts in a table of environments and layouts: only where nothing is to go wrong, wherever it runs.
    pub in_matrix: bool,
    /// How it came out.
    pub verdict: Verdict,
    /// What the judge said; None where nothing ran.
    pub judgement: Option<Judgement>,
    /// What was seen; None where nothing ran.
    pub outcome: Option<Outcome>,
    /// Whether exactly what was expected broke, whatever the snapshot says.
    pub as_expected: bool,
    /// How that compares with the snapshot.
    pub snapshot: SnapshotState,
    /// The reviewed text, where the outcome differs from it.
    pub reviewed: Option<String>,
    /// Why it failed or was skipped.
    pub reason: Option<String>,
    /// Where the stage was kept.
    pub stage: Option<PathBuf>,
    /// The last lines of the backend's log.
    pub log: Vec<String>,
    /// What this run's stage could not enforce or emulate: what its environment and layout say of themselves.
    pub limits: Vec<String>,
    /// The same, as far as it is due to this machine.
    pub notes: Vec<String>,
    /// What was waited for when a budget ran out: as it was here, with numbers and names of this machine.
    pub hangs: Vec<String>,
    /// How long it took.
    pub duration: Duration,
}

/// What to do with snapshots.
#[derive(Debug, Clone)]
pub enum Compare {
    /// Compare; propose a new one on a difference.
    With(Snapshots),
    /// Take every outcome over.
    Accept(Snapshots),
    /// Leave them alone.
    Not,
}

/// Runs one planned run to its report.
pub fn run(
    planned: &Planned,
    catalog: &Catalog,
    executables: &Executables,
    compare: &Compare,
    keep_stage: bool,
) -> Report {
    let started = Instant::now();
    let mut report = planned.report();
    if let Some(missing) = &planned.missing {
        report.reason = Some(missing.reason.clone());
        report.verdict = if missing.need.is_some_and(required) {
            Verdict::Failed
        } else {
            Verdict::Skipped
        };
        return report;
    }
    match perform(&planned.performance, catalog, executables) {
        Ok(performed) => settle(&mut report, performed, planned, compare, keep_stage),
        Err(PerformError::Skip(reason)) => {
            report.verdict = Verdict::Skipped;
            report.reason = Some(reason);
        }
        Err(PerformError::Failed(reason)) => {
            report.verdict = Verdict::Failed;
            report.reason = Some(reason);
        }
    }
    report.duration = started.elapsed();
    report
}

/// What is kept with a stage of its processes; `events.jsonl` beside it has all that happened, as it happened.
const RECORD: &str = "processes.txt";

/// What `CLAUDE_HARNESS_REQUIRE` can name.
const NEEDS: &[&str] = &["node", "python", "bun", "browser", "wrappers", "real-cli"];

/// Whether a skip for this need counts as a failure: `CLAUDE_HARNESS_REQUIRE=node,python,real-cli`.
pub fn required(need: &str) -> bool {
    requirements().iter().any(|name| name == need)
}

/// A name in `CLAUDE_HARNESS_REQUIRE` that means nothing, which would let skips pass that were to fail.
pub fn unknown_requirement() -> Option<String> {
    requirements()
        .into_iter()
        .find(|name| !NEEDS.contains(&name.as_str()))
}

fn requirements() -> Vec<String> {
    let list = std::env::var("CLAUDE_HARNESS_REQUIRE").unwrap_or_default();
    list.split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

fn settle(
    report: &mut Report,
    performed: Performed,
    planned: &Planned,
    compare: &Compare,
    keep_stage: bool,
) {
    let mut reasons = unexpected(&planned.expect, &performed.judgement);
    report.as_expected = reasons.is_empty();
    let elsewhere = planned.snapshots.as_ref().map(Snapshots::in_folder);
    let compare = &match (compare, elsewhere) {
        (Compare::With(_), Some(snapshots)) => Compare::With(snapshots),
        (Compare::Accept(_), Some(snapshots)) => Compare::Accept(snapshots),
        (compare, _) => compare.clone(),
    };
    let text = performed.outcome.text();
    match compare {
        Compare::Not => {}
        Compare::With(snapshots) => match snapshots.compare(&report.name, &text) {
            Ok(Comparison::Match) => report.snapshot = SnapshotState::Match,
            Ok(Comparison::Differs(reviewed)) => {
                report.snapshot = SnapshotState::Differs;
                report.reviewed = Some(reviewed);
                reasons.push("the outcome differs from its snapshot".to_owned());
            }
            Ok(Comparison::Missing) => {
                report.snapshot = SnapshotState::Missing;
                reasons.push("there is no reviewed snapshot yet".to_owned());
            }
            Err(error) => reasons.push(format!("cannot read the snapshot: {error}")),
        },
        // An outcome that is not as expected is no outcome to accept.
        Compare::Accept(_) if !reasons.is_empty() => {}
        Compare::Accept(snapshots) => {
            match snapshots.accept(&report.name, &planned.source, &text) {
                Ok(path) => {
                    report.snapshot = SnapshotState::Match;
                    // For people: a picture is not compared.
                    let seen = performed.stage.root.join(SCREENSHOT);
                    let _ = std::fs::copy(seen, path.with_extension("png"));
                }
                Err(error) => reasons.push(format!("cannot write the snapshot: {error}")),
            }
        }
    }
    let changed = matches!(
        report.snapshot,
        SnapshotState::Differs | SnapshotState::Missing
    );
    if let (Compare::With(snapshots), true) = (compare, changed) {
        match snapshots.propose(&report.name, &planned.source, &text) {
            Ok(path) => reasons.push(format!("proposed in {}", path.display())),
            Err(error) => reasons.push(format!("cannot propose a snapshot: {error}")),
        }
    }
    report.verdict = if reasons.is_empty() {
        Verdict::Passed
    } else {
        Verdict::Failed
    };
    report.reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    report.judgement = Some(performed.judgement);
    report.outcome = Some(performed.outcome);
    report.limits = performed.limits;
    report.notes = performed.notes;
    report.log = performed.log;
    report.hangs = performed.hangs;
    // A run that only lacks its first snapshot has nothing to look into.
    let failed = report.verdict == Verdict::Failed;
    if keep_stage || (failed && !(report.as_expected && report.snapshot == SnapshotState::Missing))
    {
        let record = performed.stage.root.join("supervisor").join(RECORD);
        if let Err(error) = std::fs::write(&record, performed.record) {
            report
                .notes
                .push(format!("failed to write {}: {error}", record.display()));
        }
        report.stage = performed.stage.keep().ok();
    }
}

/// How a judgement differs from what was expected.
fn unexpected(expect: &Expect, judgement: &Judgement) -> Vec<String> {
    let mut reasons = Vec::new();
    let seen = judgement.diagnosis.as_ref();
    if expect.diagnosis.as_deref() != seen.map(|diagnosis| diagnosis.id) {
        let wanted = expect.diagnosis.as_deref().unwrap_or("none");
        let got = seen.map_or_else(
            || "none".to_owned(),
            |seen| format!("{} ({})", seen.id, seen.cause),
        );
        reasons.push(format!("expected the diagnosis {wanted}, got {got}"));
    }
    for broken in &judgement.broken {
        if !expect.breaks.iter().any(|name| name == broken.invariant) {
            reasons.push(format!("broke {}: {}", broken.invariant, broken.why));
        }
    }
    for name in &expect.breaks {
        if !judgement
            .broken
            .iter()
            .any(|broken| broken.invariant == name)
        {
            reasons.push(format!("expected {name} to break, it held"));
        }
    }
    reasons
}
