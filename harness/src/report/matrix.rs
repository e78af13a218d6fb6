//! Where a backend works: a table of environments and layouts, and what was left out of it.

use crate::runner::{LeftOut, Report, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What `all` does not stand for, one line for each reason.
pub fn left_out(all: &[LeftOut]) -> String {
    let mut groups = BTreeMap::<_, Vec<&str>>::new();
    for one in all {
        let key = (
            one.backend.as_deref(),
            one.layout.as_deref(),
            one.reason.as_str(),
        );
        let environments = groups.entry(key).or_default();
        environments.extend(one.environment.as_deref());
    }
    let mut text = String::new();
    for ((backend, layout, reason), environments) in groups {
        let environments = environments.join(", ");
        let what = match (backend, layout) {
            (Some(backend), _) => format!("most pairs for {backend}"),
            (None, Some(layout)) => format!("{layout} in {environments}"),
            (None, None) => environments,
        };
        let _ = writeln!(text, "left out: {what}: {reason}");
    }
    text
}

#[derive(Default)]
struct Cell {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Cell {
    fn text(&self) -> String {
        match (self.failed, self.skipped) {
            (0, 0) => self.passed.to_string(),
            (failed, 0) => format!("{}/{failed}", self.passed),
            (failed, skipped) => format!("{}/{failed}/{skipped}", self.passed),
        }
    }
}

/// The table: a row for each environment, a column for each layout, in each cell how many runs passed, failed and
/// were skipped. Runs that expect a failure, or hold on their own stage only, have no place in it.
pub fn matrix(reports: &[Report]) -> String {
    let mut cells: BTreeMap<(&str, &str), Cell> = BTreeMap::new();
    for report in reports.iter().filter(|report| report.in_matrix) {
        let cell = cells
            .entry((&report.environment, &report.layout))
            .or_default();
        match report.verdict {
            Verdict::Passed => cell.passed += 1,
            Verdict::Failed => cell.failed += 1,
            Verdict::Skipped => cell.skipped += 1,
        }
    }
    let unique = |name: fn(&(&str, &str)) -> String| {
        let mut all: Vec<String> = cells.keys().map(name).collect();
        all.sort();
        all.dedup();
        all
    };
    let (environments, layouts) = (
        unique(|key| key.0.to_owned()),
        unique(|key| key.1.to_owned()),
    );
    let first = environments.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::from("\npassed/failed/skipped, `.` where the layout makes no sense\n");
    for (index, layout) in layouts.iter().enumerate() {
        let _ = writeln!(text, "  {:>2} = {layout}", index + 1);
    }
    // As narrow as the numbers allow: there are many layouts.
    let width = cells.values().map(|cell| cell.text().len()).max();
    let width = width.unwrap_or(0).max(2);
    let _ = write!(text, "{:first$}", "");
    for index in 0..layouts.len() {
        let _ = write!(text, " {:>width$}", index + 1);
    }
    for environment in &environments {
        let _ = write!(text, "\n{environment:first$}");
        for layout in &layouts {
            let cell = cells.get(&(environment.as_str(), layout.as_str()));
            let _ = write!(
                text,
                " {:>width$}",
                cell.map_or_else(|| ".".to_owned(), Cell::text)
            );
        }
    }
    text
}
