//! A parser for the language of bash, as far as a command line can be understood before it runs.
//!
//! What is no command line, or is nested too deeply, is an error: whoever asks then treats the line as one that cannot
//! be checked. It never panics.

use super::syntax::{
    Assignment, Command, Document, Form, Join, Kind, Pipeline, Redirect, Script, Simple, Statement,
    Word,
};
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
    announced: Vec<(String, bool)>,
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

    fn skip_lines(&mut self) -> Result<(), Unparsed> {
        loop {
            self.skip_blanks();
            if self.peek() != Some('\n') {
                return Ok(());
            }
            self.newline()?;
        }
    }

    /// Takes the end of a line, and the here-documents that follow it.
    fn newline(&mut self) -> Result<(), Unparsed> {
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

    fn eat(&mut self, operator: &str) -> bool {
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
    fn body(&mut self, ends: &[&str]) -> Result<Script, Unparsed> {
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

    fn keyword(&mut self, keyword: &str) -> bool {
        self.skip_blanks();
        let there = self.at_keyword(keyword);
        if there {
            self.at += keyword.len();
        }
        there
    }

    fn expect(&mut self, keyword: &str) -> Result<(), Unparsed> {
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

    /// A compound command, if one begins here.
    fn compound(&mut self) -> Result<Option<Kind>, Unparsed> {
        if self.rest().starts_with("((")
            && let Some(inside) = self.arithmetic(2)
        {
            return Ok(Some(Kind::Arithmetic(inside)));
        }
        if self.eat("(") {
            let script = self.script(&[])?;
            return match !script.statements.is_empty() && self.eat(")") {
                true => Ok(Some(Kind::Subshell(script))),
                false => Err(Unparsed),
            };
        }
        let kind = if self.keyword("{") {
            let script = self.body(&["}"])?;
            self.expect("}")?;
            Kind::Group(script)
        } else if self.keyword("if") {
            self.conditional()?
        } else if self.keyword("while") || self.keyword("until") {
            let condition = self.body(&["do"])?;
            Kind::Loop(condition, self.done()?)
        } else if self.keyword("for") {
            self.skip_blanks();
            if self.rest().starts_with("((") {
                self.arithmetic(2).ok_or(Unparsed)?;
                self.eat(";");
                self.skip_lines()?;
                Kind::Counting(self.done()?)
            } else {
                let (words, body) = self.iteration()?;
                Kind::For(words, body)
            }
        } else if self.keyword("select") {
            let (words, body) = self.iteration()?;
            Kind::Select(words, body)
        } else if self.keyword("case") {
            self.choice()?
        } else if self.keyword("[[") {
            self.test()?
        } else if self.keyword("function") {
            self.word()?.ok_or(Unparsed)?;
            if self.eat("(") && !self.eat(")") {
                return Err(Unparsed);
            }
            self.function()?
        } else {
            return Ok(None);
        };
        Ok(Some(kind))
    }

    fn conditional(&mut self) -> Result<Kind, Unparsed> {
        let mut scripts = vec![self.body(&["then"])?];
        self.expect("then")?;
        loop {
            scripts.push(self.body(&["elif", "else", "fi"])?);
            if self.keyword("elif") {
                scripts.push(self.body(&["then"])?);
                self.expect("then")?;
            } else if self.keyword("else") {
                scripts.push(self.body(&["fi"])?);
                self.expect("fi")?;
                break;
            } else {
                self.expect("fi")?;
                break;
            }
        }
        Ok(Kind::If(scripts))
    }

    /// `do …; done`
    fn done(&mut self) -> Result<Script, Unparsed> {
        self.skip_lines()?;
        self.expect("do")?;
        let body = self.body(&["done"])?;
        self.expect("done")?;
        Ok(body)
    }

    /// The name, the words and the body of a loop over words.
    fn iteration(&mut self) -> Result<(Vec<Word>, Script), Unparsed> {
        let name = self.word()?.ok_or(Unparsed)?;
        if !name.bare().is_some_and(is_name) {
            return Err(Unparsed);
        }
        self.skip_lines()?;
        let mut words = Vec::new();
        if self.keyword("in") {
            while let Some(word) = self.word()? {
                words.push(word);
            }
        }
        self.eat(";");
        Ok((words, self.done()?))
    }

    fn choice(&mut self) -> Result<Kind, Unparsed> {
        let word = self.word()?.ok_or(Unparsed)?;
        self.skip_lines()?;
        self.expect("in")?;
        let mut branches = Vec::new();
        loop {
            self.skip_lines()?;
            if self.keyword("esac") {
                return Ok(Kind::Case(word, branches));
            }
            self.eat("(");
            self.word()?.ok_or(Unparsed)?;
            while self.eat("|") {
                self.word()?.ok_or(Unparsed)?;
            }
            if !self.eat(")") {
                return Err(Unparsed);
            }
            branches.push(self.script(&["esac"])?);
            if !(self.eat(";;&") || self.eat(";;") || self.eat(";&")) {
                self.expect("esac")?;
                return Ok(Kind::Case(word, branches));
            }
        }
    }

    /// What stands in `[[ … ]]`: words, the operators among them.
    fn test(&mut self) -> Result<Kind, Unparsed> {
        let mut words = Vec::new();
        loop {
            self.skip_lines()?;
            if self.keyword("]]") {
                return Ok(Kind::Test(words));
            }
            let operators = ["&&", "||", "(", ")", "|", "<", ">"];
            if operators.iter().any(|operator| self.eat(operator)) {
                continue;
            }
            words.push(self.word()?.ok_or(Unparsed)?);
        }
    }

    fn function(&mut self) -> Result<Kind, Unparsed> {
        self.skip_lines()?;
        self.deeper()?;
        let span = self.at;
        let body = self.compound()?.ok_or(Unparsed)?;
        self.depth -= 1;
        let command = Command {
            kind: body,
            redirects: Vec::new(),
            span: span..self.at,
        };
        let pipeline = Pipeline {
            negated: false,
            commands: vec![command],
            span: span..self.at,
        };
        let statement = Statement {
            pipelines: vec![(None, pipeline)],
            background: false,
            span: span..self.at,
        };
        Ok(Kind::Function(Script {
            statements: vec![statement],
        }))
    }

    fn simple(&mut self, redirects: &mut Vec<Redirect>) -> Result<Kind, Unparsed> {
        let mut simple = Simple::default();
        loop {
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            if simple.words.is_empty()
                && let Some(assignment) = self.assignment()?
            {
                simple.assignments.push(assignment);
                continue;
            }
            let Some(word) = self.word()? else { break };
            let first = simple.words.is_empty() && simple.assignments.is_empty();
            if first && redirects.is_empty() && self.eat("(") {
                return match self.eat(")") {
                    true => self.function(),
                    false => Err(Unparsed),
                };
            }
            if first && word.bare().is_some_and(is_reserved) {
                return Err(Unparsed);
            }
            simple.words.push(word);
        }
        if self.rest().starts_with('(') {
            return Err(Unparsed);
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && redirects.is_empty() {
            return Err(Unparsed);
        }
        Ok(Kind::Simple(simple))
    }

    /// An assignment, if one begins here.
    fn assignment(&mut self) -> Result<Option<Assignment>, Unparsed> {
        self.skip_blanks();
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        if !is_name(&rest[..length]) {
            return Ok(None);
        }
        let begin = self.at;
        let name = rest[..length].to_owned();
        let after = &rest[length..];
        let index = after
            .starts_with('[')
            .then(|| after.find(']').map_or(0, |end| end + 1))
            .unwrap_or(0);
        let sign = match &after[index..] {
            sign if sign.starts_with("+=") => 2,
            sign if sign.starts_with('=') => 1,
            _ => return Ok(None),
        };
        self.at += length + index + sign;
        let mut form = match (index, sign) {
            (0, 1) => Form::Plain,
            (0, _) => Form::Append,
            _ => Form::Element,
        };
        let start = self.at;
        let mut value = Word {
            pieces: Vec::new(),
            span: start..start,
        };
        if self.rest().starts_with('(') {
            self.at += 1;
            form = Form::List;
            loop {
                self.skip_lines()?;
                if self.rest().starts_with(')') {
                    self.at += 1;
                    break;
                }
                value.pieces.extend(self.word()?.ok_or(Unparsed)?.pieces);
            }
        } else if self.peek().is_some_and(|c| !ends_word(c)) || self.process_follows() {
            value = self.word()?.ok_or(Unparsed)?;
        }
        value.span = start..self.at;
        Ok(Some(Assignment {
            name,
            value,
            form,
            start: begin,
        }))
    }

    fn process_follows(&self) -> bool {
        self.rest().starts_with("<(") || self.rest().starts_with(">(")
    }

    /// A redirection, if one begins here.
    fn redirect(&mut self) -> Result<Option<Redirect>, Unparsed> {
        const OPERATORS: [&str; 12] = [
            "<<<", "<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">", "&>>", "&>",
        ];
        self.skip_blanks();
        let start = self.at;
        let digits = self.rest().len()
            - self
                .rest()
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .len();
        let after = &self.rest()[digits..];
        let Some(operator) = OPERATORS.into_iter().find(|o| after.starts_with(o)) else {
            return Ok(None);
        };
        let process = after.starts_with("<(") || after.starts_with(">(");
        if process || (digits > 0 && operator.starts_with('&')) {
            return Ok(None);
        }
        let descriptor = (digits > 0).then(|| self.rest()[..digits].to_owned());
        self.at += digits + operator.len();
        let target = self.word()?.ok_or(Unparsed)?;
        let span = start..self.at;
        let mut document = None;
        if matches!(operator, "<<" | "<<-") {
            let text = &self.source[target.span.clone()];
            let literal = text.contains(['\'', '"', '\\']);
            let delimiter = target.literal().ok_or(Unparsed)?;
            let line = self.rest().split('\n').next().unwrap_or_default();
            let rest_of_line = !line.trim().is_empty();
            self.announced.push((delimiter, operator == "<<-"));
            document = Some(Document {
                literal,
                rest_of_line,
            });
        }
        Ok(Some(Redirect {
            descriptor,
            operator,
            target,
            document,
            span,
        }))
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a word cannot be a program's name.
fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "then" | "else" | "elif" | "fi" | "do" | "done" | "esac" | "}" | "]]" | "in"
    )
}
