//! What a command line would do, from a parser and not from its words.

mod compound;
mod exit_code;
pub(super) mod files;
pub(super) mod hazards;
pub(super) mod known;
pub(super) mod looks;
mod nap;
mod options;
mod parse;
pub(super) mod parts;
pub(super) mod read_only;
mod simple;
mod syntax;
pub(super) mod unclear;
mod within;
mod words;
pub(super) mod wrappers;

pub(crate) use exit_code::meaning;
pub(super) use looks::pieces;
pub(crate) use nap::long_nap;
pub(crate) use parse::parse;
pub(crate) use syntax::*;
pub(super) use within::flatten;
pub(super) use wrappers::is_harmless;

/// Whether a command line runs these programs only.
#[must_use]
pub(crate) fn only_runs(command: &str, programs: &[&str]) -> bool {
    let Ok(script) = parse(command) else {
        return false;
    };
    let mut found = Vec::new();
    within::flatten(&script, &mut found);
    let named = |simple: &&Simple| {
        let program = simple.words.first().and_then(Word::literal);
        program.is_some_and(|program| programs.contains(&program.as_str()))
    };
    !found.is_empty() && found.iter().all(named)
}
