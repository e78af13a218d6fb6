//! The commands that a line would run, or why that cannot be known before it runs (newer versions).

use super::syntax::{
    Assignment, Command, Form, Kind, Piece, Pipeline, Redirect, Script, Simple, Word,
};
use super::unclear::Unclear;
use super::within::{braces, flatten, is_document};

/// One command of a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::permissions) struct Part {
    /// Its source, without redirections.
    pub(in crate::permissions) text: String,
    /// The program and its arguments.
    pub(in crate::permissions) words: Vec<Argument>,
    /// The variables that are set for it.
    pub(in crate::permissions) sets: Vec<String>,
    /// The files that it is redirected to or from.
    pub(in crate::permissions) files: Vec<Redirected>,
    /// Whether it stands in a pipeline.
    pub(in crate::permissions) piped: bool,
    /// Its source with its redirections.
    pub(in crate::permissions) shown: String,
    /// Where it begins in the line.
    pub(in crate::permissions) start: usize,
}

/// One word of a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::permissions) struct Argument {
    /// Without its quotes.
    pub(in crate::permissions) text: String,
    /// Whether quotes or backslashes were taken off.
    pub(in crate::permissions) quoted: bool,
    /// Whether a part of it is known only when it runs.
    pub(in crate::permissions) unknown: bool,
    /// Whether it is a pattern, for which the shell puts the names of files.
    pub(in crate::permissions) pattern: bool,
    /// Whether it holds the value of a variable.
    pub(in crate::permissions) expanded: bool,
}

/// A file that a command is redirected to or from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::permissions) struct Redirected {
    pub(in crate::permissions) to: Argument,
    pub(in crate::permissions) writes: bool,
}

/// A line whose commands are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::permissions) struct Parts {
    pub(in crate::permissions) parts: Vec<Part>,
    /// Whether a command is left running.
    pub(in crate::permissions) background: bool,
    /// Whether there are parentheses.
    pub(in crate::permissions) subshell: bool,
    /// Whether there is more than simple commands and what joins them.
    pub(in crate::permissions) compound: bool,
}

impl Part {
    /// The words as a program gets them, with one blank between.
    pub(in crate::permissions) fn plain(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    /// The program.
    pub(in crate::permissions) fn program(&self) -> &str {
        self.words.first().map_or("", |word| &word.text)
    }
}

/// What is known while a line is read.
struct Reader<'a> {
    source: &'a str,
    home: &'a str,
    found: Parts,
    /// Variables that the line itself sets.
    set: Vec<String>,
    /// Variables of loops.
    loops: usize,
}

/// The commands of a line.
pub(in crate::permissions) fn parts(
    script: &Script,
    source: &str,
    home: &str,
) -> Result<Parts, Unclear> {
    let mut reader = Reader {
        source,
        home,
        found: Parts::default(),
        set: Vec::new(),
        loops: 0,
    };
    reader.script(script)?;
    Ok(reader.found)
}

impl Reader<'_> {
    fn script(&mut self, script: &Script) -> Result<(), Unclear> {
        for statement in &script.statements {
            self.found.background |= statement.background;
            for (_, pipeline) in &statement.pipelines {
                self.pipeline(pipeline)?;
            }
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Result<(), Unclear> {
        let before = self.found.parts.len();
        for command in &pipeline.commands {
            let first = self.found.parts.len();
            self.command(command)?;
            let simple = matches!(command.kind, Kind::Simple(_));
            self.found.compound |=
                !simple || pipeline.negated || self.found.parts.len() > first + 1;
            if let Some(part) = self.found.parts.last_mut().filter(|_| simple) {
                part.shown = self.source[command.span.clone()].to_owned();
            }
        }
        if pipeline.commands.len() > 1 {
            for part in &mut self.found.parts[before..] {
                part.piped = true;
            }
        }
        Ok(())
    }

    fn command(&mut self, command: &Command) -> Result<(), Unclear> {
        let redirected = !command.redirects.is_empty();
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple, &command.redirects)?,
            Kind::Subshell(_) if redirected => return Err(Unclear::Subshell),
            Kind::Subshell(script) => {
                let alone = matches!(script.statements.as_slice(), [one] if !one.background);
                if !alone {
                    return Err(Unclear::Syntax(";"));
                }
                self.found.subshell = true;
                self.script(script)?;
            }
            Kind::Group(_) | Kind::Arithmetic(_) => return Err(Unclear::Group),
            Kind::If(_) if redirected => return Err(Unclear::Conditional),
            Kind::If(scripts) => {
                for script in scripts {
                    self.script(script)?;
                }
            }
            Kind::Loop(..) if redirected => return Err(Unclear::While),
            Kind::Loop(condition, body) => {
                self.script(condition)?;
                self.script(body)?;
            }
            Kind::For(..) if redirected => return Err(Unclear::For),
            Kind::For(words, body) => {
                for word in words {
                    self.argument(word)?;
                }
                self.script(body)?;
            }
            Kind::Counting(_) => return Err(Unclear::Counting),
            Kind::Select(..) => return Err(Unclear::Select),
            Kind::Case(..) => return Err(Unclear::Case),
            Kind::Function(_) => return Err(Unclear::Function),
            Kind::Test(words) => {
                let mut part = Part {
                    text: self.source[command.span.clone()].to_owned(),
                    ..Part::default()
                };
                part.words.push(Argument {
                    text: "[[".to_owned(),
                    ..Argument::default()
                });
                for word in words {
                    part.words.push(self.argument(word)?);
                }
                self.redirects(&command.redirects, &mut part)?;
                part.start = command.span.start;
                self.found.parts.push(part);
            }
        }
        Ok(())
    }

    fn simple(&mut self, simple: &Simple, redirects: &[Redirect]) -> Result<(), Unclear> {
        let mut part = Part::default();
        let first = simple.words.first().map(|word| word.span.start);
        let stray = redirects.iter().any(|redirect| {
            let file = !redirect.operator.starts_with("<<") && !redirect.operator.contains('&');
            let after = |word: &Word| word.span.start > redirect.span.end;
            file && first.is_some_and(|first| first < redirect.span.start)
                && simple.words.iter().any(after)
        });
        for assignment in &simple.assignments {
            self.assignment(assignment, simple.words.is_empty(), &mut part)?;
        }
        for word in &simple.words {
            let argument = self.argument(word)?;
            part.words.push(argument);
        }
        if stray {
            return Err(Unclear::Swallowed);
        }
        if part.words.first().is_some_and(|word| word.text.is_empty()) {
            return Err(Unclear::EmptyName);
        }
        self.redirects(redirects, &mut part)?;
        let spans = simple.assignments.iter().map(|a| a.value.span.end);
        let ends = spans.chain(simple.words.iter().map(|word| word.span.end));
        let start = match simple.assignments.first() {
            Some(assignment) => assignment.start,
            None => first.unwrap_or_default(),
        };
        part.text = self.source[start..ends.max().unwrap_or(start)].to_owned();
        part.start = start;
        if !part.words.is_empty() || !part.files.is_empty() {
            self.found.parts.push(part);
        }
        Ok(())
    }

    fn assignment(
        &mut self,
        assignment: &Assignment,
        alone: bool,
        part: &mut Part,
    ) -> Result<(), Unclear> {
        match assignment.form {
            Form::Plain => {}
            Form::Append => return Err(Unclear::SetVariable),
            Form::Element => return Err(Unclear::Syntax("subscript")),
            Form::List => return Err(Unclear::List),
        }
        for piece in &assignment.value.pieces {
            match piece {
                // What it says does not matter until the variable is used.
                Piece::Command(script) | Piece::Backquoted(Some(script)) => {
                    self.nested(script, piece)?;
                    self.found.compound = true;
                }
                _ => {
                    let word = Word {
                        pieces: vec![piece.clone()],
                        span: assignment.value.span.clone(),
                    };
                    self.argument(&word)?;
                }
            }
        }
        match alone {
            // What is not known is a variable like any other.
            true if assignment.value.literal().is_some() => self.set.push(assignment.name.clone()),
            true => {}
            false => part.sets.push(assignment.name.clone()),
        }
        Ok(())
    }

    /// The commands of a substitution.
    fn nested(&mut self, script: &Script, piece: &Piece) -> Result<(), Unclear> {
        // What stands in backquotes has places of its own.
        if let Piece::Backquoted(_) = piece {
            let mut found = Vec::new();
            flatten(script, &mut found);
            if found
                .iter()
                .any(|simple| simple.words.iter().any(|w| w.literal().is_none()))
            {
                return Err(Unclear::Nested);
            }
            for simple in found {
                let words: Vec<String> = simple.words.iter().filter_map(Word::literal).collect();
                let argument = |text: &String| Argument {
                    text: text.clone(),
                    ..Argument::default()
                };
                self.found.parts.push(Part {
                    text: words.join(" "),
                    words: words.iter().map(argument).collect(),
                    ..Part::default()
                });
            }
            return Ok(());
        }
        self.script(script)
    }

    fn redirects(&mut self, redirects: &[Redirect], part: &mut Part) -> Result<(), Unclear> {
        for redirect in redirects {
            if let Some(document) = redirect.document {
                let others = redirects
                    .iter()
                    .any(|other| other.span.start > redirect.span.start);
                match (document.rest_of_line, document.literal) {
                    (true, _) if others => return Err(Unclear::DocumentThenFile),
                    (true, _) => return Err(Unclear::DocumentThenMore),
                    (false, false) => return Err(Unclear::Document),
                    (false, true) => continue,
                }
            }
            let to = self.argument(&redirect.target)?;
            match redirect.operator {
                "<<<" => {}
                "<>" => return Err(Unclear::OddRedirect),
                "<&" | ">&" if to.text == "-" => {
                    return Err(Unclear::Syntax(if redirect.operator == "<&" {
                        "<&-"
                    } else {
                        ">&-"
                    }));
                }
                "<&" | ">&" if to.text.bytes().all(|b| b.is_ascii_digit()) => {}
                operator => {
                    if redirect.target.pieces.len() > 1
                        && redirect
                            .target
                            .pieces
                            .iter()
                            .any(|p| matches!(p, Piece::Variable(_)))
                    {
                        return Err(Unclear::TargetGap);
                    }
                    part.files.push(Redirected {
                        to,
                        writes: operator.contains('>'),
                    });
                }
            }
        }
        Ok(())
    }

    fn argument(&mut self, word: &Word) -> Result<Argument, Unclear> {
        let mut argument = Argument::default();
        let tilde = matches!(word.pieces.first(), Some(Piece::Bare(text)) if text.starts_with('~'));
        for piece in &word.pieces {
            self.piece(piece, &mut argument)?;
        }
        let bare = |piece: &Piece| matches!(piece, Piece::Bare(_) | Piece::Variable(_));
        argument.quoted = !word.pieces.iter().all(bare);
        // A quoted tilde stands for itself.
        if argument.text.starts_with('~') && !tilde {
            argument.text.insert_str(0, "./");
        }
        Ok(argument)
    }

    fn piece(&mut self, piece: &Piece, argument: &mut Argument) -> Result<(), Unclear> {
        match piece {
            Piece::Bare(text) => {
                braces(text)?;
                argument.pattern |= text.contains(['*', '?', '[']);
                argument.text.push_str(text);
            }
            Piece::Escaped(c) if c.is_whitespace() => return Err(Unclear::EscapedBlank),
            Piece::Escaped(c) => argument.text.push(*c),
            Piece::Single(text) => argument.text.push_str(text),
            Piece::Double(pieces) => self.double(pieces, argument)?,
            Piece::Codes(_) => return Err(Unclear::Codes),
            Piece::Translated(_) => return Err(Unclear::Syntax("$")),
            Piece::Variable(name) => self.variable(name, argument)?,
            Piece::Braced(_) => return Err(Unclear::Braced),
            Piece::Command(_) | Piece::Backquoted(Some(_)) => return Err(Unclear::Nested),
            Piece::Backquoted(None) => return Err(Unclear::EmptyNested),
            Piece::Arithmetic(inside) => {
                let constant = |c: char| c.is_ascii_digit() || " +-*/%()<>=!&|^~".contains(c);
                if inside.is_empty() || !inside.chars().all(constant) {
                    let shown = if inside.starts_with('[') {
                        "$["
                    } else {
                        inside
                    };
                    return Err(Unclear::Arithmetic(shown.to_owned()));
                }
                argument.unknown = true;
            }
            Piece::Process(_) => return Err(Unclear::Process),
        }
        Ok(())
    }

    fn double(&mut self, pieces: &[Piece], argument: &mut Argument) -> Result<(), Unclear> {
        let known = |piece: &Piece| matches!(piece, Piece::Bare(_) | Piece::Escaped(_));
        for piece in pieces {
            match piece {
                Piece::Bare(text) => argument.text.push_str(text),
                Piece::Escaped(c) => argument.text.push(*c),
                Piece::Command(script) | Piece::Backquoted(Some(script))
                    if pieces.iter().any(known) =>
                {
                    self.nested(script, piece)?;
                    self.found.compound = true;
                    argument.unknown = true;
                }
                Piece::Command(script) if is_document(script) => argument.unknown = true,
                Piece::Command(_) | Piece::Backquoted(_) | Piece::Arithmetic(_) => {
                    return Err(Unclear::QuotedText);
                }
                other => self.piece(other, argument)?,
            }
        }
        Ok(())
    }

    fn variable(&mut self, name: &str, argument: &mut Argument) -> Result<(), Unclear> {
        if self.set.iter().any(|set| set == name) {
            return Err(Unclear::SetVariable);
        }
        if name != "HOME" || self.loops > 0 {
            return Err(Unclear::Variable);
        }
        argument.text.push_str(self.home);
        argument.expanded = true;
        Ok(())
    }
}
