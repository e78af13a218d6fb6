//! The cross-check's result: false alarms, which scenario catches which defect, and what hangs on names.

use crate::runner::{Planned, Report, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the cross-check found; a question that was not asked has no answer.
#[derive(Debug, Default, Serialize)]
pub struct Cross {
    /// Sound backends on stages that are not their own: nothing may be found wrong.
    pub swapped: Option<Tally>,
    /// One broken run for each diagnosis, under other names: the diagnosis must be the same.
    pub disguised: Option<Tally>,
    /// What was seen of each defect, by its name.
    pub defects: Option<BTreeMap<&'static str, DefectSeen>>,
}

/// How many runs came out as they must, and those that did not.
#[derive(Debug, Default, Serialize)]
pub struct Tally {
    /// How many did.
    pub passed: usize,
    /// How many could not take place here.
    pub skipped: usize,
    /// The others.
    pub failed: Vec<Stray>,
}

/// A run that came out otherwise than it must.
#[derive(Debug, Serialize)]
pub struct Stray {
    /// Its name.
    pub run: String,
    /// The scenario file that it came from.
    pub source: String,
    /// The backend.
    pub backend: String,
    /// What was found.
    pub reason: String,
}

impl Tally {
    /// Counts the reports of the runs.
    pub fn of(planned: &[Planned], reports: &[Report]) -> Self {
        let mut tally = Self::default();
        for (planned, report) in planned.iter().zip(reports) {
            match report.verdict {
                Verdict::Passed => tally.passed += 1,
                Verdict::Skipped => tally.skipped += 1,
                Verdict::Failed => tally.failed.push(Stray {
                    run: report.name.clone(),
                    source: planned.source.clone(),
                    backend: report.backend.clone(),
                    reason: report.reason.clone().unwrap_or_default(),
                }),
            }
        }
        tally
    }

    fn text(&self, what: &str, text: &mut String) {
        let _ = writeln!(
            text,
            "\n{what}: {} passed, {} failed, {} skipped",
            self.passed,
            self.failed.len(),
            self.skipped
        );
        for stray in &self.failed {
            let _ = writeln!(
                text,
                "  {} in {} ({}): {}",
                stray.backend, stray.source, stray.run, stray.reason
            );
        }
    }
}

/// What was seen of one defect.
#[derive(Debug, Default, Serialize)]
pub struct DefectSeen {
    /// The runs in which something broke that does not break without the defect, with the diagnosis.
    pub caught_by: BTreeMap<String, String>,
    /// The runs in which it did not show.
    pub silent_in: Vec<String>,
}

impl DefectSeen {
    /// Takes a run with the defect: caught is what is not as it is without.
    pub fn take(&mut self, report: &Report) {
        let name = report.name.clone();
        let judgement = report.judgement.as_ref().filter(|_| !report.as_expected);
        match judgement.and_then(|judgement| judgement.diagnosis.as_ref()) {
            Some(diagnosis) => drop(self.caught_by.insert(name, diagnosis.id.to_owned())),
            None => self.silent_in.push(name),
        }
    }
}

impl Cross {
    /// What there is to know of these defects before any run.
    pub fn of_defects(
        names: impl Iterator<Item = &'static str>,
    ) -> BTreeMap<&'static str, DefectSeen> {
        names.map(|name| (name, DefectSeen::default())).collect()
    }

    /// The defects that nothing caught.
    pub fn missed(&self) -> Vec<&'static str> {
        let defects = self.defects.iter().flatten();
        defects
            .filter(|(_, seen)| seen.caught_by.is_empty())
            .map(|(name, _)| *name)
            .collect()
    }

    /// Whether every answer is as it must be.
    pub fn is_sound(&self) -> bool {
        let mut tallies = [&self.swapped, &self.disguised].into_iter().flatten();
        tallies.all(|tally| tally.failed.is_empty()) && self.missed().is_empty()
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(tally) = &self.swapped {
            tally.text("sound backends on all stages", &mut text);
        }
        if let Some(tally) = &self.disguised {
            tally.text("each diagnosis under other names", &mut text);
        }
        if let Some(defects) = &self.defects {
            table(defects, &mut text);
            let _ = match self.missed().as_slice() {
                [] => writeln!(
                    text,
                    "\nevery one of the {} defects is caught",
                    defects.len()
                ),
                missed => writeln!(text, "\ncaught by no scenario: {}", missed.join(", ")),
            };
        }
        text
    }
}

/// A row for each scenario, a column for each defect, `x` where it was caught.
fn table(defects: &BTreeMap<&'static str, DefectSeen>, text: &mut String) {
    let mut rows: Vec<&str> = defects
        .values()
        .flat_map(|seen| seen.caught_by.keys().chain(&seen.silent_in))
        .map(String::as_str)
        .collect();
    rows.sort_unstable();
    rows.dedup();
    text.push_str("\n`x`: the defect shows in that variant\n");
    for (index, (name, seen)) in defects.iter().enumerate() {
        let count = seen.caught_by.len();
        let _ = writeln!(text, "  {:>2} = {name} ({count})", index + 1);
    }
    let width = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let _ = write!(text, "{:width$}", "");
    for index in 0..defects.len() {
        let _ = write!(text, " {:>2}", index + 1);
    }
    for row in rows {
        let _ = write!(text, "\n{row:width$}");
        for seen in defects.values() {
            let caught = seen.caught_by.contains_key(row);
            text.push_str(if caught { "  x" } else { "  ." });
        }
    }
    text.push('\n');
}
