//! Reading simple commands: assignments, words, redirections.

use super::parse::{Parser, Unparsed, is_name};
use super::syntax::{Assignment, Document, Form, Kind, Redirect, Simple, Word};
use super::words::ends_word;

impl Parser<'_> {
    pub(super) fn simple(&mut self, redirects: &mut Vec<Redirect>) -> Result<Kind, Unparsed> {
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
        let index = match after.starts_with('[') {
            true => after.find(']').map_or(0, |end| end + 1),
            false => 0,
        };
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
    pub(super) fn redirect(&mut self) -> Result<Option<Redirect>, Unparsed> {
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

/// Whether a word cannot be a program's name.
fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "then" | "else" | "elif" | "fi" | "do" | "done" | "esac" | "}" | "]]" | "in"
    )
}
