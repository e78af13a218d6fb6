//! Which call of the stand-in belongs to which chat.

use crate::timeline::{ChatSeen, Timeline, texts_of};
use mock_claude::ledger::{Call, Event, KEPT_CHARS};
use serde_json::Value;

/// The chats of a run, each with the call that answered it, if one did; of a call that answered several, with its part.
///
/// A call belongs to the first chat, in order, whose message it got as its prompt; where one was tried again, the last try
/// counts.
pub(super) fn chats<'t>(timeline: &'t Timeline) -> Vec<(&'t ChatSeen, Option<&'t Call>)> {
    let mut free: Vec<&Call> = timeline.turns().iter().collect();
    let all: Vec<&ChatSeen> = timeline.chats().collect();
    let pair = |(index, chat): (usize, &&'t ChatSeen)| {
        let mut asked = free.iter().enumerate().filter(|(_, call)| asks(chat, call));
        let again = all[index + 1..]
            .iter()
            .any(|later| later.message == chat.message);
        let found = if again {
            asked.next()
        } else {
            asked.next_back()
        };
        let found = found.map(|(at, _)| at);
        (*chat, found.map(|at| free.remove(at)))
    };
    all.iter().enumerate().map(pair).collect()
}

/// Calls that are to answer a message; those with `--version` or `--help` only ask about the CLI.
pub(super) fn working(timeline: &Timeline) -> impl Iterator<Item = &Call> {
    const QUESTIONS: [&str; 4] = ["--version", "-v", "--help", "-h"];
    timeline.calls.iter().filter(|call| {
        let first = call.start.argv.first();
        !first.is_some_and(|first| QUESTIONS.contains(&first.as_str()))
    })
}

fn asks(chat: &ChatSeen, call: &Call) -> bool {
    call.events.iter().any(|event| match event {
        Event::Take { prompt, .. }
        | Event::Unmatched {
            prompt: Some(prompt),
            ..
        } => chat.is_asked_by(prompt),
        _ => false,
    })
}

/// Whether the call was to write messages, a line each, not text.
pub(super) fn speaks_in_messages(call: &Call) -> bool {
    let mut argv = call.start.argv.iter();
    let mut prints = false;
    while let Some(argument) = argv.next() {
        match argument.strip_prefix("--output-format=") {
            Some(format) => return format == "stream-json",
            None if argument == "--output-format" => {
                return argv.next().is_some_and(|format| format == "stream-json");
            }
            None => prints |= argument == "-p" || argument == "--print",
        }
    }
    !prints
}

/// The texts that the stand-in wrote in a call; None where it wrote no messages, or a line was too long to be kept whole.
pub(super) fn texts(call: &Call) -> Option<Vec<String>> {
    if !speaks_in_messages(call) {
        return None;
    }
    let mut texts = Vec::new();
    for line in lines(call) {
        match serde_json::from_str::<Value>(line) {
            Ok(message) => texts.extend(texts_of(&message)),
            // Cut by the ledger, or noise, which has no text.
            Err(_) if line.chars().count() >= KEPT_CHARS => return None,
            Err(_) => {}
        }
    }
    Some(texts)
}

/// The last `result` that the stand-in wrote in a call.
pub(super) fn result(call: &Call) -> Option<Value> {
    lines(call)
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["type"] == "result")
        .last()
}

/// The lines that the stand-in wrote to stdout in a call.
pub(super) fn lines(call: &Call) -> impl Iterator<Item = &str> {
    call.events.iter().filter_map(|event| match event {
        Event::Stdout { line } => Some(line.as_str()),
        _ => None,
    })
}

/// What the script had the stand-in say on stderr in a call.
pub(super) fn stderr(call: &Call) -> impl Iterator<Item = &str> {
    call.events.iter().filter_map(|event| match event {
        Event::Stderr { text } => Some(text.as_str()),
        _ => None,
    })
}
