//! Where a backend works: a table of environments and layouts, and what was left out of it.

use crate::runner::{LeftOut, Report, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What `all` does not stand for, one line for each reason.
pub fn left_out(all: &[LeftOut]) -> String {
    let mut groups = BTreeMap::<_, Vec<&str>>::new();
    for one in all {
        let key = (one.layout.as_deref(), one.reason.as_str());
        let names = groups.entry(key).or_default();
        let name = [&one.variant, &one.backend, &one.environment];
        names.extend(name.into_iter().flatten().map(String::as_str));
    }
    let mut text = String::new();
    for ((layout, reason), names) in groups {
        let names = names.join(", ");
        let what = match layout {
            Some(layout) => format!("{layout} in {names}"),
            None => names,
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

/// The table: a row for each environment (of each backend, where there are several), a column for each layout, in each cell
/// how many runs passed, failed and were skipped. Runs that expect a failure, or hold on their own stage only, have no place
/// in it.
pub fn matrix(reports: &[Report]) -> String {
    let placed = || reports.iter().filter(|report| report.in_matrix);
    let backends: BTreeSet<&str> = placed().map(|report| report.backend.as_str()).collect();
    let row = |report: &Report| match backends.len() {
        0 | 1 => report.environment.clone(),
        _ => format!("{} · {}", report.backend, report.environment),
    };
    let mut cells: BTreeMap<(String, &str), Cell> = BTreeMap::new();
    for report in placed() {
        let cell = cells.entry((row(report), &report.layout)).or_default();
        match report.verdict {
            Verdict::Passed => cell.passed += 1,
            Verdict::Failed => cell.failed += 1,
            Verdict::Skipped => cell.skipped += 1,
        }
    }
    let rows: BTreeSet<&String> = cells.keys().map(|(row, _)| row).collect();
    let layouts: BTreeSet<&str> = cells.keys().map(|(_, layout)| *layout).collect();
    let first = rows
        .iter()
        .map(|row| row.chars().count())
        .max()
        .unwrap_or(0);
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
    for row in rows {
        let _ = write!(text, "\n{row:first$}");
        for layout in &layouts {
            let cell = cells.get(&(row.clone(), *layout));
            let _ = write!(
                text,
                " {:>width$}",
                cell.map_or_else(|| ".".to_owned(), Cell::text)
            );
        }
    }
    text
}
