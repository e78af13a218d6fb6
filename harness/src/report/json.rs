//! The one document of `run --json`.

use crate::judge::Evidence;
use crate::runner::{LeftOut, Report, Verdict};
use serde::Serialize;

#[derive(Serialize)]
struct Document<'r> {
    runs: Vec<Run<'r>>,
    /// What `all` does not stand for.
    left_out: &'r [LeftOut],
    summary: Summary,
}

#[derive(Serialize)]
struct Run<'r> {
    name: &'r str,
    scenario: &'r str,
    variant: &'r str,
    environment: &'r str,
    layout: &'r str,
    backend: &'r str,
    verdict: &'static str,
    diagnosis: Option<&'r str>,
    /// What is known of that diagnosis here.
    cause: Option<Cause<'r>>,
    also: Vec<&'r str>,
    broken: Vec<&'r str>,
    snapshot: &'static str,
    reason: Option<&'r str>,
    stage: Option<String>,
    duration_ms: u128,
    /// What this run's stage could not enforce.
    limits: &'r [String],
}

#[derive(Serialize)]
struct Cause<'r> {
    text: &'r str,
    /// `certain`, `likely` or `symptom`.
    confidence: &'static str,
    evidence: &'r [Evidence],
    fix: Option<&'r str>,
}

#[derive(Default, Serialize)]
struct Summary {
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// Renders the document.
///
/// # Panics
/// Never: the types hold nothing that JSON cannot.
pub fn document(reports: &[Report], left_out: &[LeftOut]) -> String {
    let count = |verdict: Verdict| {
        reports
            .iter()
            .filter(|report| report.verdict == verdict)
            .count()
    };
    let document = Document {
        runs: reports.iter().map(run).collect(),
        left_out,
        summary: Summary {
            passed: count(Verdict::Passed),
            failed: count(Verdict::Failed),
            skipped: count(Verdict::Skipped),
        },
    };
    serde_json::to_string_pretty(&document).expect("plain data is JSON")
}

fn run(report: &Report) -> Run<'_> {
    let judgement = report.judgement.as_ref();
    Run {
        name: &report.name,
        scenario: &report.scenario,
        variant: &report.variant,
        environment: &report.environment,
        layout: &report.layout,
        backend: &report.backend,
        verdict: report.verdict.name(),
        diagnosis: judgement.and_then(|j| j.diagnosis.as_ref()).map(|d| d.id),
        cause: judgement.and_then(|j| j.diagnosis.as_ref()).map(|d| Cause {
            text: &d.cause,
            confidence: d.confidence.name(),
            evidence: &d.evidence,
            fix: d.fix,
        }),
        also: judgement
            .into_iter()
            .flat_map(|j| &j.also)
            .map(|d| d.id)
            .collect(),
        broken: judgement
            .into_iter()
            .flat_map(|j| &j.broken)
            .map(|b| b.invariant)
            .collect(),
        snapshot: report.snapshot.name(),
        reason: report.reason.as_deref(),
        stage: report.stage.as_ref().map(|path| path.display().to_string()),
        duration_ms: report.duration.as_millis(),
        limits: &report.limits,
    }
}
