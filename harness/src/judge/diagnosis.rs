//! A named cause, with its evidence and its usual cure.

use super::{UNKNOWN, rules as table};
use crate::timeline::Timeline;
use std::sync::LazyLock;

/// The named cause of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its id.
    pub id: &'static str,
    /// What happened here, with the evidence.
    pub cause: String,
    /// The usual cure.
    pub fix: Option<&'static str>,
}

/// How a cause is recognised.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The diagnosis's id.
    pub id: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// The usual cure.
    pub fix: &'static str,
    /// What happened here, where the rule fits.
    pub(super) cause: fn(&Timeline) -> Option<String>,
}

impl Rule {
    pub(super) fn look(&self, timeline: &Timeline) -> Option<Diagnosis> {
        let cause = (self.cause)(timeline)?;
        Some(Diagnosis {
            id: self.id,
            cause,
            fix: Some(self.fix),
        })
    }
}

impl Diagnosis {
    pub(super) fn unknown(seen: &str) -> Self {
        Self {
            id: UNKNOWN,
            cause: format!("no rule knows this failure; what is known: {seen}"),
            fix: None,
        }
    }
}

/// All rules; where several fit, the first is the diagnosis.
pub fn rules() -> &'static [Rule] {
    static ALL: LazyLock<Vec<Rule>> = LazyLock::new(|| table::TOPICS.concat());
    &ALL
}
