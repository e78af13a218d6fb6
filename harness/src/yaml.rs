//! Files that people write, and how complaints about them are shown. The reader is the stand-in's: scenarios and its
//! scripts have one language.

pub use mock_claude::source::{Document, InputError, Map, Node, nearest, shown, suggestion};

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;

/// What is wrong with a file, with the lines that are meant.
#[derive(Debug)]
pub struct Shown(Box<Parts>);

#[derive(Debug)]
struct Parts {
    error: InputError,
    source: Option<NamedSource<String>>,
}

impl From<InputError> for Shown {
    fn from(error: InputError) -> Shown {
        let source = error
            .shown
            .as_ref()
            .map(|(text, _)| NamedSource::new(&error.file, mock_claude::source::printable(text)));
        Shown(Box::new(Parts { error, source }))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.error.fmt(f)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.0.error.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0
            .source
            .as_ref()
            .map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, meant) = self.0.error.shown.as_ref()?;
        let label = LabeledSpan::new_with_span(None, meant.clone());
        Some(Box::new(std::iter::once(label)))
    }
}
