//! What is wrong with a file, where, and what would be right.

use miette::{Diagnostic, NamedSource, SourceSpan};
use std::sync::Arc;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct InputError {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    #[help]
    pub help: Option<String>,
    /// The line in the file, from 1.
    pub line: usize,
    /// The column in the line, from 1, in characters.
    pub column: usize,
    #[source_code]
    source_code: Option<Arc<NamedSource<Arc<str>>>>,
    #[label]
    span: Option<SourceSpan>,
}

impl InputError {
    /// Adds what would be right.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// "did you mean ..." and the list of what there is.
pub fn suggestion(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) if known.len() > MANY => format!("did you mean `{near}`?"),
        Some(near) => format!("did you mean `{near}`? {}", one_of(known)),
        None => one_of(known),
    }
}

/// A longer list helps nobody.
const MANY: usize = 16;

/// What a person wrote, fit for a message: short, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    const LIMIT: usize = 80;
    let mut start: String = text
        .chars()
        .take(LIMIT)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(LIMIT).is_some() {
        start.push('…');
    }
    start
}

/// The known name that is most like this one, if any is like it at all.
pub fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    known
        .iter()
        .map(|candidate| (likeness(name, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// From 0 to 1; the last part of a path counts as much as the whole.
fn likeness(name: &str, candidate: &str) -> f64 {
    let last = candidate.rsplit('/').next().unwrap_or(candidate);
    let whole = strsim::jaro_winkler(name, candidate);
    // Two letters in the wrong order, as in `sya`.
    let slip = if strsim::damerau_levenshtein(name, candidate) == 1 {
        0.9
    } else {
        0.0
    };
    whole.max(slip).max(strsim::jaro_winkler(name, last) - 0.01)
}

pub(super) fn one_of(known: &[&str]) -> String {
    match known {
        [] => "there is none".to_owned(),
        [only] => format!("the only one is `{only}`"),
        several if several.len() > MANY => {
            format!(
                "there are {}, such as {}",
                several.len(),
                several[..MANY].join(", ")
            )
        }
        several => format!("one of: {}", several.join(", ")),
    }
}

/// The text with its control characters replaced, one byte by one byte, so that a terminal takes no orders from it.
fn printable(text: &Arc<str>) -> Arc<str> {
    let is_order = |c: char| c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.contains(is_order) {
        Arc::from(text.replace(is_order, "?"))
    } else {
        Arc::clone(text)
    }
}

/// The longest line, in bytes, of which a snippet is shown.
const LONGEST_LINE: usize = 1000;

pub(super) fn byte_at(text: &str, character: usize) -> usize {
    text.char_indices()
        .nth(character)
        .map_or(text.len(), |(byte, _)| byte)
}

pub(super) fn at(
    name: &str,
    text: &Arc<str>,
    span: std::ops::Range<usize>,
    message: String,
) -> InputError {
    let before = &text[..span.start];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    // A snippet of a line that no screen can hold is none.
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[start..]
        .find('\n')
        .map_or(text.len(), |length| start + length);
    let fits = end - start <= LONGEST_LINE;
    let message = if fits {
        message
    } else {
        format!("{name}:{line}:{column}: {message}")
    };
    InputError {
        message,
        help: None,
        line,
        column,
        source_code: fits.then(|| Arc::new(NamedSource::new(name, printable(text)))),
        span: fits.then(|| span.into()),
    }
}
