//! The cross-check's result: false alarms, and which scenario catches which defect.

use crate::runner::{Report, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the cross-check found.
#[derive(Debug, Serialize)]
pub struct Cross {
    /// Sound backends on stages that are not their own.
    pub swapped: Swapped,
    /// What was seen of each defect, by its name.
    pub defects: BTreeMap<&'static str, DefectSeen>,
}

/// Sound backends on all stages.
#[derive(Debug, Default, Serialize)]
pub struct Swapped {
    /// How many runs found nothing wrong.
    pub passed: usize,
    /// How many could not take place here.
    pub skipped: usize,
    /// The others: false alarms.
    pub false_alarms: Vec<FalseAlarm>,
}

/// A sound backend that was found wrong.
#[derive(Debug, Serialize)]
pub struct FalseAlarm {
    /// Whose stage it was.
    pub run: String,
    /// The backend.
    pub backend: String,
    /// What was found.
    pub reason: String,
}

/// What was seen of one defect.
#[derive(Debug, Default, Serialize)]
pub struct DefectSeen {
    /// The runs that found something wrong, with the diagnosis.
    pub caught_by: BTreeMap<String, String>,
    /// The runs in which it did not show.
    pub silent_in: Vec<String>,
}

impl Cross {
    /// From the runs of both halves.
    pub fn new(swapped: &[Report], defects: &[(&'static str, Report)]) -> Self {
        let mut cross = Self {
            swapped: Swapped::default(),
            defects: BTreeMap::new(),
        };
        for report in swapped {
            match report.verdict {
                Verdict::Passed => cross.swapped.passed += 1,
                Verdict::Skipped => cross.swapped.skipped += 1,
                Verdict::Failed => cross.swapped.false_alarms.push(FalseAlarm {
                    run: report.name.clone(),
                    backend: report.backend.clone(),
                    reason: report.reason.clone().unwrap_or_default(),
                }),
            }
        }
        for (defect, report) in defects {
            let seen = cross.defects.entry(defect).or_default();
            let diagnosis = report
                .judgement
                .as_ref()
                .and_then(|judgement| judgement.diagnosis.as_ref());
            match diagnosis {
                Some(diagnosis) => {
                    seen.caught_by
                        .insert(report.name.clone(), diagnosis.id.to_owned());
                }
                None => seen.silent_in.push(report.name.clone()),
            }
        }
        cross
    }

    /// The defects that nothing caught.
    pub fn missed(&self) -> Vec<&'static str> {
        let missed = self
            .defects
            .iter()
            .filter(|(_, seen)| seen.caught_by.is_empty());
        missed.map(|(name, _)| *name).collect()
    }

    /// Whether there was no false alarm and every defect was caught.
    pub fn is_sound(&self) -> bool {
        self.swapped.false_alarms.is_empty() && self.missed().is_empty()
    }

    /// For people: a row for each scenario, a column for each defect, `x` where it was caught.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let swapped = &self.swapped;
        let _ = writeln!(
            text,
            "\nsound backends on all stages: {} passed, {} false alarms, {} skipped",
            swapped.passed,
            swapped.false_alarms.len(),
            swapped.skipped
        );
        for alarm in &swapped.false_alarms {
            let _ = writeln!(
                text,
                "  {} on the stage of {}: {}",
                alarm.backend, alarm.run, alarm.reason
            );
        }
        self.table(&mut text);
        let missed = self.missed();
        let _ = match missed.as_slice() {
            [] => writeln!(
                text,
                "\nevery one of the {} defects is caught",
                self.defects.len()
            ),
            _ => writeln!(text, "\ncaught by no scenario: {}", missed.join(", ")),
        };
        text
    }

    fn table(&self, text: &mut String) {
        let mut rows: Vec<&str> = self
            .defects
            .values()
            .flat_map(|seen| seen.caught_by.keys().chain(&seen.silent_in))
            .map(String::as_str)
            .collect();
        rows.sort_unstable();
        rows.dedup();
        text.push_str("\n`x`: the scenario's sound variant shows the defect\n");
        for (index, (name, seen)) in self.defects.iter().enumerate() {
            let count = seen.caught_by.len();
            let _ = writeln!(text, "  {:>2} = {name} ({count})", index + 1);
        }
        let width = rows.iter().map(|row| row.len()).max().unwrap_or(0);
        let _ = write!(text, "{:width$}", "");
        for index in 0..self.defects.len() {
            let _ = write!(text, " {:>2}", index + 1);
        }
        for row in rows {
            let _ = write!(text, "\n{row:width$}");
            for seen in self.defects.values() {
                let caught = seen.caught_by.contains_key(row);
                text.push_str(if caught { "  x" } else { "  ." });
            }
        }
        text.push('\n');
    }
}
