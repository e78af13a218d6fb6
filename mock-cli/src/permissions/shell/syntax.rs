//! What a command line is made of, once it is parsed.

use std::ops::Range;

/// A command line, or the body of a compound command: statements in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    /// The statements.
    pub statements: Vec<Statement>,
}

/// A list of pipelines, and how it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// The pipelines, each with the operator before it; the first has none.
    pub pipelines: Vec<(Option<Join>, Pipeline)>,
    /// Whether it is left running with `&`.
    pub background: bool,
    /// Where it is in the source.
    pub span: Range<usize>,
}

/// What stands between two pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands that feed each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pipeline {
    /// Whether `!` stands before it.
    pub negated: bool,
    /// The commands.
    pub commands: Vec<Command>,
    /// Where it is in the source.
    pub span: Range<usize>,
}

/// One command with its redirections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// What it is.
    pub kind: Kind,
    /// Its redirections, in order.
    pub redirects: Vec<Redirect>,
    /// Where it is in the source, redirections included.
    pub span: Range<usize>,
}

/// The kinds of commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Assignments and words.
    Simple(Simple),
    /// `( … )`
    Subshell(Script),
    /// `{ …; }`
    Group(Script),
    /// `if`, with conditions and branches in order.
    If(Vec<Script>),
    /// `while` and `until`: condition and body.
    Loop(Script, Script),
    /// `for name in words; do …; done`
    For(Vec<Word>, Script),
    /// `for ((…))`
    Counting(Script),
    /// `select name in words; do …; done`
    Select(Vec<Word>, Script),
    /// `case word in …`: the word, and the branches.
    Case(Word, Vec<Script>),
    /// A function's definition.
    Function(Script),
    /// `[[ … ]]`
    Test(Vec<Word>),
    /// `(( … ))`
    Arithmetic(String),
}

/// A simple command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Simple {
    /// What is set before it, or alone.
    pub assignments: Vec<Assignment>,
    /// The program and its arguments.
    pub words: Vec<Word>,
}

/// `name=value`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The variable, without an index.
    pub name: String,
    /// The value.
    pub value: Word,
    /// What is odd about it.
    pub form: Form,
    /// Where it begins in the source.
    pub start: usize,
}

/// How an assignment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `name=value`
    Plain,
    /// `name+=value`
    Append,
    /// `name[index]=value`
    Element,
    /// `name=(values)`
    List,
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// The file descriptor before the operator.
    pub descriptor: Option<String>,
    /// The operator as it is written.
    pub operator: &'static str,
    /// The file, the descriptor, the word, or the delimiter of a here-document.
    pub target: Word,
    /// What is known of a here-document.
    pub document: Option<Document>,
    /// Where it is in the source, without the text of a here-document.
    pub span: Range<usize>,
}

/// A here-document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Document {
    /// Whether the delimiter is quoted, so that the text stays as it is.
    pub literal: bool,
    /// Whether something else stands behind it on the line where it is announced.
    pub rest_of_line: bool,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its parts.
    pub pieces: Vec<Piece>,
    /// Where it is in the source.
    pub span: Range<usize>,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Characters that stand for themselves, or for patterns.
    Bare(String),
    /// A character after a backslash.
    Escaped(char),
    /// `'…'`
    Single(String),
    /// `"…"`
    Double(Vec<Piece>),
    /// `$'…'`, as it is written.
    Codes(String),
    /// `$"…"`
    Translated(Vec<Piece>),
    /// `$name`
    Variable(String),
    /// `${…}`, what is in the braces.
    Braced(String),
    /// `$(…)`
    Command(Script),
    /// `` `…` ``; None where what is in it is no command line.
    Backquoted(Option<Script>),
    /// `$((…))`, and `$[…]` with its bracket.
    Arithmetic(String),
    /// `<(…)` and `>(…)`
    Process(Script),
}

impl Word {
    /// The word as a program gets it, if that is known before it runs. Patterns are not expanded.
    #[must_use]
    pub(crate) fn literal(&self) -> Option<String> {
        let mut text = String::new();
        for piece in &self.pieces {
            literal(piece, &mut text)?;
        }
        Some(text)
    }

    /// The word where it is one bare piece, as keywords are.
    pub(super) fn bare(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Bare(text)] => Some(text),
            _ => None,
        }
    }
}

fn literal(piece: &Piece, text: &mut String) -> Option<()> {
    match piece {
        Piece::Bare(part) | Piece::Single(part) => text.push_str(part),
        Piece::Escaped(c) => text.push(*c),
        Piece::Double(pieces) => {
            for piece in pieces {
                literal(piece, text)?;
            }
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
/// A word so quoted that a shell reads it as this text.
#[must_use]
pub(crate) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
