//! What a timeline means: which invariants broke, and why.
//!
//! The judge sees a [`Timeline`] and nothing else.

mod calls;
mod diagnosis;
mod evidence;
mod grammar;
mod invariant;
mod looks;
mod rules;
#[cfg(test)]
mod tests;

pub use diagnosis::{Confidence, Diagnosis, Rule, rules};
pub use evidence::Evidence;
pub use invariant::{Invariant, invariants};

use crate::timeline::Timeline;

/// The diagnosis of a run in which something went wrong that no rule knows.
pub const UNKNOWN: &str = "unknown";

/// What the judge says of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judgement {
    /// The invariants that broke, sorted by name.
    pub broken: Vec<Broken>,
    /// The cause; None only where nothing broke.
    pub diagnosis: Option<Diagnosis>,
    /// Other causes that fit as well.
    pub also: Vec<Diagnosis>,
}

/// An invariant that broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its name.
    pub invariant: &'static str,
    /// What was seen.
    pub why: String,
}

/// Judges a run.
pub fn judge(timeline: &Timeline) -> Judgement {
    let broken: Vec<Broken> = invariants()
        .iter()
        .filter_map(|invariant| {
            let why = (invariant.broken)(timeline)?;
            Some(Broken {
                invariant: invariant.name,
                why,
            })
        })
        .collect();
    if broken.is_empty() {
        return Judgement::default();
    }
    let mut causes = rules().iter().filter_map(|rule| rule.look(timeline));
    let diagnosis = causes
        .next()
        .unwrap_or_else(|| Diagnosis::unknown(&broken[0].why))
        .and_broken(&broken);
    Judgement {
        diagnosis: Some(diagnosis),
        also: causes.collect(),
        broken,
    }
}
