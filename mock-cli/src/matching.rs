//! Which entry of the script answers a prompt, and what to say where none does.

use crate::ledger::Claims;
use crate::script::{Entry, Script};
use std::io;

/// What an entry's condition is held against.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) prompt: &'a str,
    /// The session that the call goes on with.
    pub(crate) resumed: Option<&'a str>,
    pub(crate) argv: &'a [String],
    /// Whether the CLI itself says it, of something that has ended in the background: only an entry that names its
    /// words is about that.
    pub(crate) notice: bool,
}

/// Takes the first entry that is free and whose condition holds; in a strict script only the first free one.
/// Err(text) where there is none: one line that names the prompt, the nearest entry, and why it does not fit.
pub(crate) fn take(
    script: &Script,
    claims: &mut Claims,
    question: &Question<'_>,
) -> io::Result<Result<usize, String>> {
    for (index, entry) in script.calls.iter().enumerate() {
        let holds = failures(entry, question).is_empty();
        let named = entry.when.prompt.is_some() || entry.when.contains.is_some();
        if question.notice && !named {
            continue;
        }
        if holds && claims.take(index, entry.times)? {
            return Ok(Ok(index));
        }
        if script.strict && !question.notice && !holds && claims.taken(index) < entry.times {
            break;
        }
    }
    Ok(Err(near_miss(script, claims, question)))
}

/// Everything in the condition that does not hold, in words.
fn failures(entry: &Entry, question: &Question<'_>) -> Vec<String> {
    let mut failures = Vec::new();
    let when = &entry.when;
    if let Some(prompt) = &when.prompt
        && prompt != question.prompt
    {
        failures.push(format!("it wants the prompt {}", quoted(prompt)));
    }
    if let Some(part) = &when.contains
        && !question.prompt.contains(part.as_str())
    {
        failures.push(format!("it wants a prompt with {} in it", quoted(part)));
    }
    if let Some(resumes) = when.resumes
        && resumes != question.resumed.is_some()
    {
        let not = if resumes { "" } else { "not " };
        failures.push(format!("it wants the call {not}to resume a session"));
    }
    if let Some(session) = &when.session
        && question.resumed != Some(session.as_str())
    {
        let got = question.resumed.unwrap_or("none");
        failures.push(format!(
            "it wants session {session} to be resumed, got {got}"
        ));
    }
    for arg in &when.argv {
        if !question.argv.contains(arg) {
            failures.push(format!("it wants {} in argv", quoted(arg)));
        }
    }
    failures
}

fn near_miss(script: &Script, claims: &Claims, question: &Question<'_>) -> String {
    let prompt = quoted(question.prompt);
    let mut nearest: Option<(usize, String)> = None;
    let mut least = usize::MAX;
    for (index, entry) in script.calls.iter().enumerate() {
        let mut reasons = failures(entry, question);
        let free = claims.taken(index) < entry.times;
        if !free {
            let times = entry.times;
            reasons.push(format!(
                "it was already taken {times} time{}",
                if times == 1 { "" } else { "s" }
            ));
        }
        if reasons.len() < least {
            least = reasons.len();
            nearest = Some((index, reasons.join(" and ")));
        }
        if script.strict && free {
            // Only this one could have been taken, so it is the one to tell of.
            nearest = Some((index, failures(entry, question).join(" and ")));
            break;
        }
    }
    match nearest {
        None => format!("no entry for the prompt {prompt}: the script has none"),
        Some((index, reasons)) => {
            let line = script.calls[index]
                .line
                .map(|l| format!(" (line {l})"))
                .unwrap_or_default();
            let which = if script.strict { "next" } else { "nearest" };
            format!(
                "no entry for the prompt {prompt}: {which} is entry {}{line}, but {reasons}",
                index + 1
            )
        }
    }
}

/// A text in quotes on one line, not too long.
fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(200).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    serde_json::Value::String(short).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Script {
        serde_json::from_str(text).unwrap()
    }

    fn ask(script: &Script, claims: &mut Claims, prompt: &str) -> Result<usize, String> {
        take(
            script,
            claims,
            &Question {
                prompt,
                resumed: None,
                argv: &[],
                notice: false,
            },
        )
        .unwrap()
    }

    #[test]
    fn the_first_free_entry_that_holds_is_taken() {
        let script = script(
            r#"{"calls":[{"when":{"prompt":"a"},"do":[]},{"times":2,"do":[]},{"when":{"contains":"b"},"do":[]}]}"#,
        );
        let mut claims = Claims::new(None, 1);
        let got: Vec<_> = ["a", "a", "b", "b"]
            .map(|p| ask(&script, &mut claims, p))
            .into_iter()
            .collect();
        assert_eq!(got, [Ok(0), Ok(1), Ok(1), Ok(2)]);
    }

    #[test]
    fn the_near_miss_names_the_entry_its_line_and_the_reason() {
        let script = script(
            r#"{"calls":[{"line":7,"when":{"prompt":"hello","argv":["--model"]},"do":[]},
                         {"line":9,"when":{"prompt":"bye"},"do":[]}]}"#,
        );
        let mut claims = Claims::new(None, 1);
        let text = ask(&script, &mut claims, "Hello").unwrap_err();
        let want = r#"no entry for the prompt "Hello": nearest is entry 2 (line 9), but it wants the prompt "bye""#;
        assert_eq!(text, want);
        assert_eq!(ask(&script, &mut claims, "bye"), Ok(1));
        let text = ask(&script, &mut claims, "bye").unwrap_err();
        assert!(text.ends_with("but it was already taken 1 time"), "{text}");
    }

    #[test]
    fn a_strict_script_offers_only_its_next_entry() {
        let script = script(
            r#"{"strict":true,"calls":[{"when":{"prompt":"a"},"do":[]},{"when":{"prompt":"b"},"do":[]}]}"#,
        );
        let mut claims = Claims::new(None, 1);
        let text = ask(&script, &mut claims, "b").unwrap_err();
        assert!(
            text.contains("next is entry 1, but it wants the prompt \"a\""),
            "{text}"
        );
        assert_eq!(ask(&script, &mut claims, "a"), Ok(0));
        assert_eq!(ask(&script, &mut claims, "b"), Ok(1));
    }

    #[test]
    fn conditions_on_resuming_hold_against_the_session() {
        let script = script(
            r#"{"calls":[{"when":{"resumes":false},"do":[]},{"when":{"session":"s1","resumes":true},"do":[]}]}"#,
        );
        let mut claims = Claims::new(None, 1);
        let mut ask = |resumed| {
            take(
                &script,
                &mut claims,
                &Question {
                    prompt: "",
                    resumed,
                    argv: &[],
                    notice: false,
                },
            )
            .unwrap()
        };
        assert!(
            ask(Some("s2"))
                .unwrap_err()
                .contains("not to resume a session")
        );
        assert_eq!(ask(Some("s1")), Ok(1));
        assert_eq!(ask(None), Ok(0));
    }
}
