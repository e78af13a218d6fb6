//! What is wrong with a file, where, and what would be right.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// What is wrong with a file, and where.
#[derive(Debug, Clone)]
pub struct InputError {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// The line in the file, from 1.
    pub line: usize,
    /// The column in the line, from 1, in characters.
    pub column: usize,
    /// The file, as messages call it.
    pub file: String,
    /// The text, and the bytes of it that are meant; None where no screen can hold the line.
    pub shown: Option<(Arc<str>, Range<usize>)>,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for InputError {}

impl InputError {
    /// What is wrong with a file as a whole.
    #[must_use]
    pub fn of_file(file: &str, message: impl Into<String>) -> InputError {
        InputError {
            message: message.into(),
            help: None,
            line: 1,
            column: 1,
            file: file.to_owned(),
            shown: None,
        }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// All of it for a terminal or a log: the place, the line with a caret below it, what would be right.
    ///
    /// ```
    /// let error = mock_claude::script::Script::parse("s.yaml", "cals: []").unwrap_err();
    /// assert_eq!(error.report(), "\
    /// s.yaml:1:1: unknown key in a script: `cals`
    ///   |
    /// 1 | cals: []
    ///   | ^^^^
    ///   = did you mean `calls`? one of: profile, seed, login, clock, strict, process, version, calls, api_script, otherwise");
    /// ```
    #[must_use]
    pub fn report(&self) -> String {
        let (line, column) = (self.line, self.column);
        let mut text = match &self.shown {
            Some(_) => format!("{}:{line}:{column}: {}", self.file, self.message),
            None => self.message.clone(),
        };
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        if let Some((source, meant)) = &self.shown {
            let start = source[..meant.start].rfind('\n').map_or(0, |at| at + 1);
            let source = source[start..].lines().next().unwrap_or_default();
            // A tab stays a tab, so that the caret stands below its character.
            let before = source.chars().take(column - 1);
            let blank: String = before.map(|c| if c == '\t' { c } else { ' ' }).collect();
            let length = meant.end - meant.start;
            let within = source.get(meant.start - start..).unwrap_or_default();
            let meant = within.get(..length.min(within.len())).unwrap_or_default();
            let caret = "^".repeat(meant.chars().count().max(1));
            let source = printable(source);
            text += &format!("\n{margin} |\n{number} | {source}\n{margin} | {blank}{caret}");
        }
        if let Some(help) = &self.help {
            text += &format!("\n{margin} = {help}");
        }
        text
    }
}

/// "did you mean ..." and the list of what there is.
#[must_use]
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
#[must_use]
pub fn shown(text: &str) -> String {
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
#[must_use]
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
#[must_use]
pub fn printable(text: &str) -> String {
    let is_order = |c: char| c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t');
    text.replace(is_order, "?")
}

/// The longest line, in bytes, of which a snippet is shown.
const LONGEST_LINE: usize = 1000;

/// The line of a byte, from 1.
pub(super) fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes()[..byte]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
        + 1
}

pub(super) fn at(name: &str, text: &Arc<str>, span: Range<usize>, message: String) -> InputError {
    let before = &text[..span.start];
    let line = line_of(text, span.start);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before[start..].chars().count() + 1;
    // A snippet of a line that no screen can hold is none.
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
        file: name.to_owned(),
        shown: fits.then(|| (Arc::clone(text), span)),
    }
}
