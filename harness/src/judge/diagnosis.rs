//! A named cause, with its evidence and its usual cure.

use super::evidence::{self, Evidence};
use super::{Broken, UNKNOWN, rules as table};
use crate::timeline::Timeline;
use std::sync::LazyLock;

/// The named cause of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its id.
    pub id: &'static str,
    /// What happened here.
    pub cause: String,
    /// How sure that is.
    pub confidence: Confidence,
    /// The facts that it is built on.
    pub evidence: Vec<Evidence>,
    /// The usual cure.
    pub fix: Option<&'static str>,
}

/// How sure a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidence {
    /// What was measured (the ledger, the disk, the processes, an answer) leaves no other cause.
    Certain,
    /// What the backend or the CLI said fits; another cause could have made it say the same.
    Likely,
    /// A name for what was seen, where nothing tells why.
    Symptom,
}

impl Confidence {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Symptom => "symptom",
        }
    }
}

/// How a cause is recognised.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The diagnosis's id.
    pub id: &'static str,
    /// How sure it is where it fits.
    pub confidence: Confidence,
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
            evidence: evidence::of(timeline, &cause),
            cause,
            confidence: self.confidence,
            fix: Some(self.fix),
        })
    }
}

impl Diagnosis {
    /// With what broke as its last facts.
    pub(super) fn and_broken(mut self, broken: &[Broken]) -> Self {
        self.evidence.extend(broken.iter().map(|broken| Evidence {
            source: broken.invariant.to_owned(),
            text: broken.why.clone(),
        }));
        self
    }

    pub(super) fn unknown(seen: &str) -> Self {
        Self {
            id: UNKNOWN,
            confidence: Confidence::Symptom,
            evidence: Vec::new(),
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
