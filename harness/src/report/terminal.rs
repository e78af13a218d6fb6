//! What a person at a terminal reads.

use crate::runner::{Report, SnapshotState, Verdict};
use similar::{ChangeTag, TextDiff};
use std::fmt::Write as _;

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to use colours.
    pub colour: bool,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// One line for one run.
pub fn one_line(report: &Report, style: Style) -> String {
    let verdict = match report.verdict {
        Verdict::Passed => style.paint("32;1", "PASS"),
        Verdict::Failed => style.paint("31;1", "FAIL"),
        Verdict::Skipped => style.paint("33", "SKIP"),
    };
    let time = format!("[{:>7.3}s]", report.duration.as_secs_f64());
    let place = format!(
        "{} · {} · {}",
        report.backend, report.environment, report.layout
    );
    let mut line = format!(
        "{verdict} {time} {}  {}",
        report.name,
        style.paint("2", &place)
    );
    let diagnosis = report
        .judgement
        .as_ref()
        .and_then(|judgement| judgement.diagnosis.as_ref());
    match (report.verdict, diagnosis, &report.reason) {
        (Verdict::Passed, Some(diagnosis), _) => {
            let _ = write!(
                line,
                "  {}",
                style.paint("2", &format!("as expected: {}", diagnosis.id))
            );
        }
        (Verdict::Skipped, _, Some(reason)) => {
            let _ = write!(line, "  {reason}");
        }
        _ => {}
    }
    line
}

/// Everything about a run that failed.
pub fn failure(report: &Report, style: Style) -> String {
    let mut text = format!(
        "\n{} {}\n",
        style.paint("31;1", "FAIL"),
        style.paint("1", &report.name)
    );
    for reason in report.reason.iter().flat_map(|reason| reason.split("; ")) {
        let _ = writeln!(text, "  {reason}");
    }
    match (&report.reviewed, &report.outcome) {
        (Some(reviewed), Some(outcome)) => {
            let _ = writeln!(text, "\n  the snapshot (-) and this run (+):");
            text.push_str(&difference(reviewed, &outcome.text(), style));
        }
        (None, Some(outcome)) => {
            let _ = writeln!(text, "\n  the outcome:");
            for line in outcome.text().lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
        _ => {}
    }
    let diagnosis = report.judgement.as_ref();
    if let Some(diagnosis) = diagnosis.and_then(|judgement| judgement.diagnosis.as_ref()) {
        let (id, sure) = (diagnosis.id, diagnosis.confidence.name());
        let _ = writeln!(text, "\n  what {id} ({sure}) is built on:");
        for fact in &diagnosis.evidence {
            let _ = writeln!(text, "    {:<9} {}", fact.source, fact.text);
        }
    }
    if !report.log.is_empty() {
        let _ = writeln!(text, "\n  the last lines of the backend's log:");
        for line in &report.log {
            let _ = writeln!(text, "    {line}");
        }
    }
    if !report.hangs.is_empty() {
        let _ = writeln!(text, "\n  what it was waiting for:");
        for line in &report.hangs {
            let _ = writeln!(text, "    {line}");
        }
    }
    if !report.notes.is_empty() {
        let _ = writeln!(text, "\n  what this machine did not allow:");
        for limit in &report.notes {
            let _ = writeln!(text, "    {limit}");
        }
    }
    if let Some(stage) = &report.stage {
        let _ = writeln!(text, "\n  the stage was kept in {}", stage.display());
    }
    let changed = matches!(
        report.snapshot,
        SnapshotState::Differs | SnapshotState::Missing
    );
    if changed && report.as_expected {
        let _ = writeln!(
            text,
            "  if the outcome is right: run it again with --accept, or `cargo insta review`"
        );
    } else if changed {
        let _ = writeln!(
            text,
            "  if the outcome is right: say so in `expect` first, then --accept takes it over"
        );
    }
    text
}

/// A difference, line by line.
pub fn difference(reviewed: &str, now: &str, style: Style) -> String {
    let diff = TextDiff::from_lines(reviewed, now);
    let mut text = String::new();
    for change in diff.iter_all_changes() {
        let line = change.value().trim_end_matches('\n');
        let painted = match change.tag() {
            ChangeTag::Delete => style.paint("31", &format!("  - {line}")),
            ChangeTag::Insert => style.paint("32", &format!("  + {line}")),
            ChangeTag::Equal => format!("    {line}"),
        };
        text.push_str(&painted);
        text.push('\n');
    }
    text
}

/// The last line of a command.
pub fn summary(reports: &[Report], style: Style) -> String {
    let count = |verdict| {
        reports
            .iter()
            .filter(|report| report.verdict == verdict)
            .count()
    };
    let (passed, failed, skipped) = (
        count(Verdict::Passed),
        count(Verdict::Failed),
        count(Verdict::Skipped),
    );
    let code = if failed > 0 { "31;1" } else { "32;1" };
    style.paint(
        code,
        &format!("{passed} passed, {failed} failed, {skipped} skipped"),
    )
}
