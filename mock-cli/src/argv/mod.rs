//! The command line, in commander's grammar (PROTOCOL 1.1 to 1.3, 2).

mod checks;
mod options;
mod parse;
mod suggest;

pub(crate) use checks::{
    check, check_early, check_words, missing_directories, needs_verbose, refuse_root,
};
pub(crate) use options::{Input, Options, Output, Resume};
pub(crate) use parse::{Parsed, parse};

/// Why the command line ends the process before anything else happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// `--version`.
    Version,
    /// `--help`.
    Help,
    /// An error: the text for stderr with its line end, exit 1.
    Error(String),
}

impl Stop {
    /// An error of one line.
    pub(crate) fn error(text: impl Into<String>) -> Stop {
        let mut text = text.into();
        text.push('\n');
        Stop::Error(text)
    }
}
