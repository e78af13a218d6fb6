//! What of a run a cause is built on: each fact with the place that it comes from.

use super::calls;
use crate::timeline::Timeline;
use serde::Serialize;

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Where it was seen: `log`, `chat 1`, `call 2` (the stand-in's ledger), `PATH`, `disk`, `processes` or an invariant.
    pub source: String,
    /// What was seen there.
    pub text: String,
}

/// Of a longer text the rest is left out.
const LONGEST: usize = 400;
/// Shorter texts are found anywhere by accident.
const SHORTEST: usize = 6;

/// The facts that a cause names, of all that was seen.
pub(super) fn of(timeline: &Timeline, cause: &str) -> Vec<Evidence> {
    let named = |text: &str| {
        let text = text.trim();
        // A cause may quote it.
        let quoted = format!("{text:?}");
        text.len() >= SHORTEST && (cause.contains(text) || cause.contains(quoted.trim_matches('"')))
    };
    let numbered = |what: &str, number: &dyn std::fmt::Display| {
        let name = format!("{what} {number}");
        let mut places = cause.match_indices(&name);
        places.any(|(at, _)| !cause[at + name.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    let mut found = Vec::new();
    let mut add = |source: String, text: String| {
        let short: String = text.chars().take(LONGEST).collect();
        let text = if short.len() < text.len() {
            short + "…"
        } else {
            text
        };
        let fact = Evidence { source, text };
        if !found.contains(&fact) {
            found.push(fact);
        }
    };
    for chat in timeline.chats() {
        let source = format!("chat {}", chat.number);
        match chat.error() {
            Some(error) if named(error) => add(source, format!("error {error:?}")),
            Some(error) if numbered("chat", &chat.number) => {
                add(source, format!("error {error:?}"))
            }
            _ if numbered("chat", &chat.number) => {
                add(
                    source,
                    format!("{:?}, {} frames", chat.message, chat.frames.len()),
                );
            }
            _ => {}
        }
    }
    for log in timeline.log.iter().filter(|log| named(&log.line)) {
        add("log".to_owned(), log.line.clone());
    }
    for call in &timeline.calls {
        let source = format!("call {}", call.start.call);
        if let Some(text) = calls::stderr(call).find(|text| named(text)) {
            add(source.clone(), format!("stderr {text:?}"));
        }
        if numbered("call", &call.start.call) || numbered("calls", &call.start.call) {
            let start = &call.start;
            let argv: String = start.argv.join(" ").chars().take(300).collect();
            add(source, format!("{} {argv}", start.executable.display()));
        }
    }
    if cause.contains("PATH=") {
        let stage = &timeline.stage;
        add(
            "PATH".to_owned(),
            format!("{}: has {:?}", stage.declared_path, stage.on_path),
        );
    }
    for (path, lack) in &timeline.stage.unloadable {
        if named(&path.to_string_lossy()) {
            add("disk".to_owned(), format!("{}: {lack}", path.display()));
        }
    }
    for process in timeline
        .watched
        .hangs
        .iter()
        .flat_map(|hang| &hang.processes)
    {
        if named(process) {
            add("processes".to_owned(), process.clone());
        }
    }
    found
}
