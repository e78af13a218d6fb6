//! What stands within words and scripts.

use super::syntax::{Kind, Piece, Script, Simple};
use super::unclear::Unclear;

/// Whether a substitution only shows a text: `cat <<'EOF' …`.
pub(super) fn is_document(script: &Script) -> bool {
    let [statement] = script.statements.as_slice() else {
        return false;
    };
    let [(_, pipeline)] = statement.pipelines.as_slice() else {
        return false;
    };
    let [command] = pipeline.commands.as_slice() else {
        return false;
    };
    let Kind::Simple(simple) = &command.kind else {
        return false;
    };
    let [redirect] = command.redirects.as_slice() else {
        return false;
    };
    let literal = redirect
        .document
        .is_some_and(|d| d.literal && !d.rest_of_line);
    let [word] = simple.words.as_slice() else {
        return false;
    };
    literal && simple.assignments.is_empty() && word.bare() == Some("cat") && !statement.background
}

/// Refuses braces that a shell expands.
pub(super) fn braces(text: &str) -> Result<(), Unclear> {
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let inside = &rest[open + 1..];
        let Some(close) = inside.find('}') else {
            return Ok(());
        };
        if inside[..close].contains("..") {
            return Err(Unclear::Range);
        }
        if inside[..close].contains(',') {
            return Err(Unclear::Braces);
        }
        rest = inside;
    }
    Ok(())
}

/// All simple commands of a script, wherever they stand.
pub(in crate::permissions) fn flatten<'a>(script: &'a Script, found: &mut Vec<&'a Simple>) {
    for statement in &script.statements {
        for command in statement.pipelines.iter().flat_map(|(_, p)| &p.commands) {
            for redirect in &command.redirects {
                within(&redirect.target.pieces, found);
            }
            match &command.kind {
                Kind::Simple(simple) => {
                    found.push(simple);
                    for assignment in &simple.assignments {
                        within(&assignment.value.pieces, found);
                    }
                    for word in &simple.words {
                        within(&word.pieces, found);
                    }
                }
                Kind::If(scripts) => scripts.iter().for_each(|s| flatten(s, found)),
                Kind::Loop(condition, body) => {
                    flatten(condition, found);
                    flatten(body, found);
                }
                Kind::For(words, body) | Kind::Select(words, body) => {
                    words.iter().for_each(|word| within(&word.pieces, found));
                    flatten(body, found);
                }
                Kind::Case(word, scripts) => {
                    within(&word.pieces, found);
                    scripts.iter().for_each(|s| flatten(s, found));
                }
                Kind::Subshell(body)
                | Kind::Group(body)
                | Kind::Counting(body)
                | Kind::Function(body) => {
                    flatten(body, found);
                }
                Kind::Test(words) => words.iter().for_each(|word| within(&word.pieces, found)),
                Kind::Arithmetic(_) => {}
            }
        }
    }
}

fn within<'a>(pieces: &'a [Piece], found: &mut Vec<&'a Simple>) {
    for piece in pieces {
        match piece {
            Piece::Command(script) | Piece::Process(script) | Piece::Backquoted(Some(script)) => {
                flatten(script, found);
            }
            Piece::Double(pieces) | Piece::Translated(pieces) => within(pieces, found),
            _ => {}
        }
    }
}
