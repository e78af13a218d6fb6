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
    source_code: Arc<NamedSource<Arc<str>>>,
    #[label]
    span: SourceSpan,
}

impl InputError {
    /// Adds what would be right.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        self.source_code.name()
    }
}

/// "did you mean ..." or the list of what there is.
pub fn suggestion(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`? {}", one_of(known)),
        None => one_of(known),
    }
}

/// The known name that is most like this one, if any is like it at all.
pub fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

pub(super) fn one_of(known: &[&str]) -> String {
    match known {
        [] => "there is none".to_owned(),
        [only] => format!("the only one is `{only}`"),
        several => format!("one of: {}", several.join(", ")),
    }
}

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
    InputError {
        message,
        help: None,
        line,
        column,
        source_code: Arc::new(NamedSource::new(name, Arc::clone(text))),
        span: span.into(),
    }
}
