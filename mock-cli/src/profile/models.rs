//! Model names and prices of a version.

use super::encoded::{Lazy, Table, parts};
use crate::order::SortedMap;
use serde::Deserialize;

parts! {
    /// The models that a version knows.
    pub struct Models in "models/" {
        /// The model where nothing names one (with an API key).
        pub default: String,
        /// The same by the kind of subscription, and with a `token`.
        pub by_login: Lazy<SortedMap<String, String>> = default,
        /// The models of subagents that have one of their own, by kind.
        pub of_agents: Lazy<SortedMap<String, String>> = default,
        /// Short names.
        pub aliases: Lazy<SortedMap<String, String>>,
        /// Known models by full name.
        pub known: Table<Model>,
        /// What holds for all others.
        pub unknown: Lazy<Model>,
        /// How many times the price of input it costs to write to the cache for an hour; 0: as much as for any time.
        pub hour_writes: u32 = default,
        /// How names of models begin that get more tools.
        pub older: Lazy<Vec<String>> = default,
        /// Those tools.
        pub older_tools: Lazy<Vec<String>> = default,
        /// Tools that are there only with a subscription.
        pub subscription_tools: Lazy<Vec<String>> = default,
        /// Commands of the lists that are there only with one.
        pub subscription_commands: Lazy<Vec<String>> = default,
    }
}

/// What a version knows about one model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// US dollars per million tokens: input, output, cache write, cache read. Derived from the recordings' costs.
    pub prices: [f64; 4],
    /// Tokens.
    pub context_window: u64,
    /// Tokens.
    pub max_output_tokens: u64,
    /// Whether its effort can be set by turn.
    #[serde(default)]
    pub per_turn_effort: bool,
    /// Until when it was taught: `June 2026`.
    #[serde(default)]
    pub cutoff: Option<String>,
    /// Whether it is told how many tokens are left.
    #[serde(default)]
    pub counts_tokens: bool,
    /// The effort that is asked of it; None where it knows none.
    #[serde(default)]
    pub effort: Option<String>,
    /// As people are told of it: `Opus 5.5`.
    #[serde(default)]
    pub name: Option<String>,
    /// The name without its date, where it has one.
    #[serde(default)]
    pub canonical: Option<String>,
}

impl Models {
    /// The full name behind what a user gave.
    #[must_use]
    pub fn resolve<'a>(&'a self, name: &'a str) -> &'a str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// Whether a full name is known.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.known.contains_key(name) || self.aliases.values().any(|v| v == name)
    }

    /// The effort that is asked of a model, where it can be set by turn.
    #[must_use]
    pub fn per_turn_effort(&self, name: &str) -> Option<&str> {
        let known = self.get(name);
        known.per_turn_effort.then_some(known.effort.as_deref()?)
    }

    /// The tools that only an older model gets.
    #[must_use]
    pub fn extra_tools(&self, name: &str) -> &[String] {
        if self.older.iter().any(|start| name.starts_with(start)) {
            &self.older_tools
        } else {
            &[]
        }
    }

    /// What is known about a model.
    #[must_use]
    pub fn get(&self, name: &str) -> &Model {
        self.known.get(name).unwrap_or(&self.unknown)
    }
}
