//! A parser for the language of bash, as far as a command line can be understood before it runs.
//!
//! What is no command line, or is nested too deeply, is an error: whoever asks then treats the line as one that cannot
//! be checked. It never panics.

use super::syntax::{Command, Join, Pipeline, Script, Statement};
use super::words::ends_word;

/// A line that is no command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unparsed;

/// So deep may commands and quotes be nested.
const DEPTH: usize = 50;

/// Parses a command line.
///
/// # Errors
///
/// Where it is none.
pub(crate) fn parse(source: &str) -> Result<Script, Unparsed> {
    nested(source, 0)
}

/// The same, for a line within another one.
pub(super) fn nested(source: &str, depth: usize) -> Result<Script, Unparsed> {
    let mut parser = Parser {
        source,
        at: 0,
        depth,
        announced: Vec::new(),
    };
    let script = parser.script(&[])?;
    if parser.at < source.len() {
        return Err(Unparsed);
    }
    Ok(script)
}

pub(super) struct Parser<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
    /// Here-documents whose text comes after the line's end: delimiter, and whether tabs are cut.
    pub(super) announced: Vec<(String, bool)>,
}

impl<'s> Parser<'s> {
    pub(super) fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(super) fn deeper(&mut self) -> Result<(), Unparsed> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Unparsed);
        }
        Ok(())
    }

    /// Passes over blanks, continued lines, and a comment.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            if rest.starts_with([' ', '\t']) {
                self.at += 1;
            } else if rest.starts_with("\\\n") {
                self.at += 2;
            } else if rest.starts_with('#') && self.begins_word() {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else {
                break;
            }
        }
    }

    fn begins_word(&self) -> bool {
        let before = self.source[..self.at].chars().next_back();
        before.is_none_or(ends_word)
    }

    pub(super) fn skip_lines(&mut self) -> Result<(), Unparsed> {
        loop {
            self.skip_blanks();
            if self.peek() != Some('\n') {
                return Ok(());
            }
            self.newline()?;
        }
    }

    /// Takes the end of a line, and the here-documents that follow it.
    pub(super) fn newline(&mut self) -> Result<(), Unparsed> {
        self.at += 1;
        self.read_documents()
    }

    fn read_documents(&mut self) -> Result<(), Unparsed> {
        for (delimiter, tabs) in std::mem::take(&mut self.announced) {
            while self.at < self.source.len() {
                let line = self.rest().split('\n').next().unwrap_or_default();
                let end = (self.at + line.len() + 1).min(self.source.len());
                let line = if tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                let last = line == delimiter;
                self.at = end;
                if last {
                    break;
                }
            }
        }
        Ok(())
    }

    pub(super) fn eat(&mut self, operator: &str) -> bool {
        self.skip_blanks();
        let eaten = self.rest().starts_with(operator);
        if eaten {
            self.at += operator.len();
        }
        eaten
    }

    /// Statements up to one of these keywords, a closing parenthesis, `;;`, or the end.
    pub(super) fn script(&mut self, ends: &[&str]) -> Result<Script, Unparsed> {
        self.deeper()?;
        let mut statements = Vec::new();
        loop {
            self.skip_lines()?;
            let rest = self.rest();
            if rest.is_empty() || rest.starts_with(')') || rest.starts_with(";;") {
                break;
            }
            if rest.starts_with(";&") || ends.iter().any(|end| self.at_keyword(end)) {
                break;
            }
            statements.push(self.statement()?);
        }
        self.depth -= 1;
        Ok(Script { statements })
    }

    /// Statements up to one of these keywords, which has to come; there has to be one.
    pub(super) fn body(&mut self, ends: &[&str]) -> Result<Script, Unparsed> {
        let script = self.script(ends)?;
        let ended = ends.iter().any(|end| self.at_keyword(end));
        match ended && !script.statements.is_empty() {
            true => Ok(script),
            false => Err(Unparsed),
        }
    }

    fn at_keyword(&self, keyword: &str) -> bool {
        let after = self.rest().strip_prefix(keyword);
        after.is_some_and(|after| after.chars().next().is_none_or(ends_word))
    }

    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        self.skip_blanks();
        let there = self.at_keyword(keyword);
        if there {
            self.at += keyword.len();
        }
        there
    }

    pub(super) fn expect(&mut self, keyword: &str) -> Result<(), Unparsed> {
        self.keyword(keyword).then_some(()).ok_or(Unparsed)
    }

    fn statement(&mut self) -> Result<Statement, Unparsed> {
        let start = self.at;
        let mut pipelines = vec![(None, self.pipeline()?)];
        loop {
            let join = if self.eat("&&") {
                Join::And
            } else if self.eat("||") {
                Join::Or
            } else {
                break;
            };
            self.skip_lines()?;
            pipelines.push((Some(join), self.pipeline()?));
        }
        let end = pipelines.last().map_or(start, |(_, last)| last.span.end);
        self.skip_blanks();
        let rest = self.rest();
        let background = rest.starts_with('&') && !rest.starts_with("&&");
        if background
            || (rest.starts_with(';') && !rest.starts_with(";;") && !rest.starts_with(";&"))
        {
            self.at += 1;
        } else if !(rest.is_empty() || rest.starts_with(['\n', ')', ';'])) {
            return Err(Unparsed);
        }
        Ok(Statement {
            pipelines,
            background,
            span: start..end,
        })
    }

    fn pipeline(&mut self) -> Result<Pipeline, Unparsed> {
        self.skip_blanks();
        let start = self.at;
        let mut negated = false;
        while self.keyword("!") {
            negated = !negated;
        }
        let mut commands = vec![self.command()?];
        loop {
            self.skip_blanks();
            let rest = self.rest();
            if !rest.starts_with('|') || rest.starts_with("||") {
                break;
            }
            self.at += if rest.starts_with("|&") { 2 } else { 1 };
            self.skip_lines()?;
            commands.push(self.command()?);
        }
        let end = commands.last().map_or(start, |last| last.span.end);
        Ok(Pipeline {
            negated,
            commands,
            span: start..end,
        })
    }

    fn command(&mut self) -> Result<Command, Unparsed> {
        self.skip_blanks();
        let start = self.at;
        self.deeper()?;
        let mut redirects = Vec::new();
        let kind = match self.compound()? {
            Some(kind) => {
                let mut end = self.at;
                while let Some(redirect) = self.redirect()? {
                    redirects.push(redirect);
                    end = self.at;
                }
                self.at = end;
                kind
            }
            None => self.simple(&mut redirects)?,
        };
        self.depth -= 1;
        let span = start..self.trimmed(start);
        Ok(Command {
            kind,
            redirects,
            span,
        })
    }

    /// The end of what was taken since there, without blanks.
    fn trimmed(&self, start: usize) -> usize {
        start
            + self.source[start..self.at]
                .trim_end_matches([' ', '\t'])
                .len()
    }
}

pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
