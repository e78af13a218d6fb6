//! How many programs agree, by SDK.

use super::compare::Kind;
use super::sdks::SDKS;
use std::collections::BTreeMap;
use std::fmt;

/// What came of each program.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<(String, String), Kind>);

impl Table {
    pub(crate) fn note(&mut self, sdk: &str, program: &str, kind: Kind) {
        self.0.insert((sdk.to_owned(), program.to_owned()), kind);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| SDK | CLI | programs | same | fields differ | sequence differs |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for sdk in SDKS {
            let of = || self.0.iter().filter(|((name, _), _)| name == sdk.name);
            let count = |kind| of().filter(|(_, k)| **k == kind).count();
            let (same, all) = (count(Kind::Same), of().count());
            let percent = (same * 100).checked_div(all).unwrap_or(0);
            let (fields, sequence) = (count(Kind::Fields), count(Kind::Sequence));
            writeln!(
                f,
                "| {} | {} | {all} | {same} ({percent} %) | {fields} | {sequence} |",
                sdk.name, sdk.cli
            )?;
        }
        writeln!(f)?;
        for ((sdk, program), kind) in &self.0 {
            let what = match kind {
                Kind::Same => continue,
                Kind::Fields => "fields differ",
                Kind::Sequence => "sequence differs",
            };
            writeln!(f, "- `{sdk}::{program}`: {what}")?;
        }
        Ok(())
    }
}
