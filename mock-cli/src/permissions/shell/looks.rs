//! What a line looks like, for versions that go by its characters and words (1.0 and 2.0).

use super::syntax::{Kind, Piece, Script, Word};
use crate::permissions::{Capabilities, wording};

/// Something that is asked about for what it looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::permissions) struct Hazard {
    pub(in crate::permissions) reason: String,
    /// Whether there is a list of suggestions, though an empty one.
    pub(in crate::permissions) suggests: bool,
}

#[derive(Debug, Default)]
struct Seen {
    backquotes: bool,
    process_in: bool,
    process_out: bool,
    substitution: bool,
    quoted_substitution: bool,
    codes: bool,
    input: bool,
    output: bool,
    odd_output: bool,
    document: bool,
    operators: bool,
    piped: bool,
}

/// The first hazard of a line.
pub(in crate::permissions) fn hazard(
    command: &str,
    script: Option<&Script>,
    capabilities: &Capabilities,
) -> Option<Hazard> {
    let second = capabilities.shell >= 2;
    let seen = match script {
        Some(script) => {
            let mut seen = Seen::default();
            walk(script, command, &mut seen);
            seen.operators |= has_comment(command);
            seen
        }
        // Where it cannot be read, its characters speak.
        None => Seen {
            backquotes: command.contains('`'),
            substitution: command.contains("$("),
            process_in: command.contains("<("),
            process_out: command.contains(">("),
            input: command.contains('<'),
            output: command.contains('>'),
            operators: command.contains(['(', ')', '&']) && !command.contains("&&"),
            ..Seen::default()
        },
    };
    let hazard = |reason: &str, suggests: bool| {
        Some(Hazard {
            reason: reason.to_owned(),
            suggests: suggests && second,
        })
    };
    if seen.backquotes {
        return hazard(
            "Command contains backticks (`) for command substitution",
            true,
        );
    }
    if seen.process_in {
        return hazard("Command contains process substitution <()", false);
    }
    if seen.process_out {
        return hazard("Command contains process substitution >()", false);
    }
    if seen.quoted_substitution || seen.substitution {
        return hazard(
            "Command contains $() command substitution",
            !seen.substitution,
        );
    }
    if seen.codes && second {
        return hazard(
            "Command contains ANSI-C quoting which can hide characters",
            true,
        );
    }
    if seen.document {
        return hazard(
            "Command contains newlines that could separate multiple commands",
            false,
        );
    }
    if seen.input {
        return hazard(
            "Command contains input redirection (<) which could read sensitive files",
            false,
        );
    }
    if seen.odd_output || (seen.output && !second) {
        return hazard(
            "Command contains output redirection (>) which could write to arbitrary files",
            false,
        );
    }
    if seen.operators {
        return hazard(wording::OPERATORS, false);
    }
    None
}

/// Whether commands feed each other.
pub(in crate::permissions) fn has_pipe(script: Option<&Script>) -> bool {
    let mut seen = Seen::default();
    if let Some(script) = script {
        walk(script, "", &mut seen);
    }
    seen.piped
}

fn walk(script: &Script, source: &str, seen: &mut Seen) {
    for statement in &script.statements {
        seen.operators |= statement.background;
        for pipeline in statement.pipelines.iter().map(|(_, pipeline)| pipeline) {
            seen.piped |= pipeline.commands.len() > 1;
            for pair in pipeline.commands.windows(2) {
                let between = source
                    .get(pair[0].span.end..pair[1].span.start)
                    .unwrap_or_default();
                seen.operators |= between.contains("|&");
            }
            for command in &pipeline.commands {
                for redirect in &command.redirects {
                    let to = redirect.target.literal().unwrap_or_default();
                    match redirect.operator {
                        "<<" | "<<-" => {
                            seen.document = true;
                            seen.input = true;
                        }
                        ">&" | "<&" if to.bytes().all(|b| b.is_ascii_digit()) && !to.is_empty() => {
                        }
                        operator if operator.starts_with('<') => seen.input = true,
                        ">" | ">>" | ">|" if to == "/dev/null" => {}
                        ">" | ">>" | ">|" => seen.output = true,
                        _ => seen.odd_output = true,
                    }
                    word(&redirect.target, seen, source);
                }
                match &command.kind {
                    Kind::Simple(simple) => {
                        for assignment in &simple.assignments {
                            seen.operators |= source
                                .get(assignment.value.span.clone())
                                .is_some_and(|v| v.starts_with('('));
                            word(&assignment.value, seen, source);
                        }
                        simple.words.iter().for_each(|w| word(w, seen, source));
                    }
                    Kind::Subshell(script) => {
                        seen.operators = true;
                        walk(script, source, seen);
                    }
                    Kind::Case(_, scripts) => {
                        seen.operators = true;
                        scripts.iter().for_each(|script| walk(script, source, seen));
                    }
                    Kind::Function(script) | Kind::Counting(script) => {
                        seen.operators = true;
                        walk(script, source, seen);
                    }
                    Kind::Arithmetic(_) => seen.operators = true,
                    Kind::Group(script) => walk(script, source, seen),
                    Kind::If(scripts) => {
                        scripts.iter().for_each(|script| walk(script, source, seen))
                    }
                    Kind::Loop(condition, body) => {
                        walk(condition, source, seen);
                        walk(body, source, seen);
                    }
                    Kind::For(words, body) | Kind::Select(words, body) => {
                        words.iter().for_each(|w| word(w, seen, source));
                        walk(body, source, seen);
                    }
                    Kind::Test(words) => words.iter().for_each(|w| word(w, seen, source)),
                }
            }
        }
    }
}

fn word(word: &Word, seen: &mut Seen, source: &str) {
    for piece in &word.pieces {
        self::piece(piece, false, seen, source, word);
    }
}

fn piece(piece: &Piece, quoted: bool, seen: &mut Seen, source: &str, word: &Word) {
    match piece {
        Piece::Backquoted(_) => seen.backquotes = true,
        Piece::Codes(_) => seen.codes = true,
        Piece::Command(_) | Piece::Arithmetic(_) if quoted => seen.quoted_substitution = true,
        Piece::Command(_) | Piece::Arithmetic(_) => seen.substitution = true,
        Piece::Process(_) => match source
            .get(word.span.clone())
            .is_some_and(|text| text.contains(">("))
        {
            true => seen.process_out = true,
            false => seen.process_in = true,
        },
        Piece::Braced(inside) => {
            seen.substitution |= inside.contains("$(");
            seen.backquotes |= inside.contains('`');
        }
        Piece::Double(pieces) | Piece::Translated(pieces) => {
            pieces
                .iter()
                .for_each(|p| self::piece(p, true, seen, source, word));
        }
        _ => {}
    }
}

/// Whether there is a comment outside of quotes.
pub(in crate::permissions) fn has_comment(command: &str) -> bool {
    let mut quote = None;
    let mut before = ' ';
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '#') if before.is_whitespace() => return true,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => {
                chars.next();
            }
            _ => {}
        }
        before = c;
    }
    false
}

/// The parts of a line between its operators, as it is written.
pub(in crate::permissions) fn pieces(command: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut start = 0;
    let mut skip = false;
    let mut before = ' ';
    for (at, c) in command.char_indices() {
        if std::mem::take(&mut skip) {
            before = ' ';
            continue;
        }
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => skip = true,
            (None, ';' | '\n') => {
                found.push(&command[start..at]);
                start = at + 1;
            }
            (None, '|' | '&') if before == c || c == '|' => {
                let end = if before == c { at - 1 } else { at };
                found.push(&command[start.min(end)..end]);
                start = at + 1;
            }
            _ => {}
        }
        before = c;
    }
    found.push(&command[start..]);
    found
        .into_iter()
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .collect()
}
