//! What people and programs read of a conformance run.

use super::suite::{Case, Outcome};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many of some cases agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Those that agree.
    pub agree: usize,
    /// All of them.
    pub total: usize,
    /// Those that were not run.
    pub skipped: usize,
}

impl Count {
    /// Counts these cases.
    pub fn of<'c>(cases: impl IntoIterator<Item = &'c Case>) -> Self {
        let mut count = Count::default();
        for case in cases {
            count.add(case.skipped.is_some(), case.agrees());
        }
        count
    }

    fn add(&mut self, skipped: bool, agrees: bool) {
        self.total += 1;
        self.skipped += usize::from(skipped);
        self.agree += usize::from(agrees);
    }

    /// The share of those that were run that agrees, in percent.
    #[must_use]
    pub fn percent(&self) -> f64 {
        match self.total - self.skipped {
            0 => 100.0,
            run => 100.0 * self.agree as f64 / run as f64,
        }
    }
}

/// The cases of each version.
fn by_version(cases: &[Case]) -> BTreeMap<&str, Vec<&Case>> {
    let mut versions: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        versions.entry(&case.version).or_default().push(case);
    }
    versions
}

/// The report as JSON.
#[must_use]
pub fn json(outcome: &Outcome) -> Value {
    let excused =
        outcome.rules.lines().into_iter().map(
            |rule| json!({"rule": rule.what, "reason": rule.reason, "differences": rule.excused}),
        );
    let excused: Vec<Value> = excused.collect();
    let versions = versions(&outcome.cases, |case| case.difference.as_ref());
    let mut report = json!({"versions": versions, "excused": excused});
    if outcome.cases.iter().any(|c| c.live.is_some()) {
        let live = |case: &Case| case.live.as_ref().and_then(|l| l.recording.clone());
        let both = |case: &Case| case.live.as_ref().and_then(|l| l.stand_in.clone());
        report["real"] = json!({
            "recording": versions_owned(&outcome.cases, live),
            "stand_in": versions_owned(&outcome.cases, both),
        });
    }
    report
}

fn versions(cases: &[Case], difference: impl Fn(&Case) -> Option<&String>) -> Value {
    versions_owned(cases, |case| difference(case).cloned())
}

fn versions_owned(cases: &[Case], difference: impl Fn(&Case) -> Option<String>) -> Value {
    let mut report = Map::new();
    for (version, cases) in by_version(cases) {
        let mut count = Count::default();
        let mut named = Map::new();
        for case in cases {
            let difference = difference(case);
            let agrees = case.skipped.is_none() && difference.is_none();
            count.add(case.skipped.is_some(), agrees);
            let entry = json!({"agree": agrees, "skipped": case.skipped, "difference": difference});
            named.insert(case.name.clone(), entry);
        }
        let entry = json!({"agree": count.agree, "total": count.total, "skipped": count.skipped, "cases": named});
        report.insert(version.to_owned(), entry);
    }
    report.into()
}

/// The report as a table per version and group, the first difference of each case, and what was excused.
#[must_use]
pub fn text(outcome: &Outcome) -> String {
    let mut out = String::new();
    for (version, cases) in by_version(&outcome.cases) {
        let mut groups: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
        for case in &cases {
            groups.entry(&case.group).or_default().push(case);
        }
        let _ = writeln!(out, "{version}");
        for (group, cases) in groups {
            row(&mut out, group, Count::of(cases));
        }
        row(&mut out, "all", Count::of(cases.iter().copied()));
        for case in cases {
            details(&mut out, case);
        }
        out.push('\n');
    }
    let _ = writeln!(out, "excused");
    for rule in outcome.rules.lines() {
        let idle = match outcome.idle.iter().any(|what| what == rule.what) {
            true => "  (nothing: remove it)",
            false => "",
        };
        let _ = writeln!(
            out,
            "  {:>6}  {}  {}{idle}",
            rule.excused, rule.what, rule.reason
        );
    }
    out
}

fn row(out: &mut String, name: &str, count: Count) {
    let skipped = match count.skipped {
        0 => String::new(),
        n => format!("  {n} skipped"),
    };
    let (agree, total) = (count.agree, count.total);
    let _ = writeln!(
        out,
        "  {name:<16} {agree:>4} of {total:<4} {:>5.1} %{skipped}",
        count.percent()
    );
}

fn details(out: &mut String, case: &Case) {
    if let Some(reason) = &case.skipped {
        let _ = writeln!(out, "  - {}: skipped: {reason}", case.name);
    }
    if let Some(difference) = &case.difference {
        let known = case
            .known
            .as_ref()
            .map(|known| format!(" (known: {})", known.reason))
            .unwrap_or_default();
        let _ = writeln!(out, "  ! {}: {difference}{known}", case.name);
    }
    if let Some(live) = &case.live {
        for (what, difference) in [
            ("real CLI and recording", &live.recording),
            ("real CLI and stand-in", &live.stand_in),
        ] {
            if let Some(difference) = difference {
                let _ = writeln!(out, "  ~ {}: {what}: {difference}", case.name);
            }
        }
    }
}

/// What the README says of each version that was run. A race of the real CLI does not count as agreement, however it
/// went this time.
#[must_use]
pub fn claims(outcome: &Outcome) -> Vec<String> {
    let claim = |(version, cases): (&str, Vec<&Case>)| {
        let races = |case: &Case| case.known.as_ref().is_some_and(|known| known.race);
        let agree = cases.iter().filter(|c| c.agrees() && !races(c)).count();
        let total = cases.len();
        format!("agrees with Claude CLI {version} in {agree} of {total} recorded cases")
    };
    by_version(&outcome.cases).into_iter().map(claim).collect()
}

/// What fails a run: disagreements that are not known, known ones that are none, and rules that nothing needs.
#[must_use]
pub fn complaints(outcome: &Outcome) -> Vec<String> {
    let cases = outcome.cases.iter().filter_map(|case| {
        let live = case.live.as_ref();
        let differs = case.difference.is_some()
            || live.is_some_and(|l| l.recording.is_some() || l.stand_in.is_some());
        let what = match &case.known {
            None if differs => "does not agree, and is not known not to",
            Some(known) if known.live && case.difference.is_some() => {
                "does not agree with its recording, and is known not to only with the real CLI"
            }
            Some(known) if !differs && !known.race && !known.live && case.skipped.is_none() => {
                "agrees, but is listed as known not to"
            }
            _ => return None,
        };
        Some(format!("{} {}: {what}", case.version, case.name))
    });
    let idle = outcome.idle.iter();
    cases
        .chain(idle.map(|rule| format!("the rule for {rule} excused nothing: remove it")))
        .collect()
}
