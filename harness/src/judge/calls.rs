//! Which call of the stand-in belongs to which chat.

use crate::timeline::{ChatSeen, StepSeen, Timeline, texts_of};
use mock_claude::ledger::{Call, Event};
use serde_json::Value;

/// The chats of a run, each with the call that answered it, if one did.
///
/// A call belongs to the first chat, in order, whose message it got as its prompt.
pub(super) fn chats(timeline: &Timeline) -> Vec<(&ChatSeen, Option<&Call>)> {
    let mut free: Vec<&Call> = timeline.calls.iter().collect();
    timeline
        .steps
        .iter()
        .filter_map(|step| match step {
            StepSeen::Chat(chat) => Some(chat),
            _ => None,
        })
        .map(|chat| {
            let found = free.iter().position(|call| is_prompt(call, &chat.message));
            (chat, found.map(|index| free.remove(index)))
        })
        .collect()
}

/// Servers trim messages and take a leading slash away, so only the text in between counts.
fn is_prompt(call: &Call, message: &str) -> bool {
    let plain = |text: &str| text.trim().trim_start_matches('/').to_owned();
    call.events.iter().any(|event| match event {
        Event::Take { prompt, .. } => plain(prompt) == plain(message),
        Event::Unmatched { prompt, .. } => {
            prompt.as_ref().is_some_and(|p| plain(p) == plain(message))
        }
        _ => false,
    })
}

/// How much of a line a ledger keeps, in characters.
const LONGEST: usize = 4096;

/// The texts that the stand-in wrote in a call; None where a line was too long to be kept whole.
pub(super) fn texts(call: &Call) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    for line in stdout(call) {
        match serde_json::from_str::<Value>(line) {
            Ok(message) => texts.extend(texts_of(&message)),
            // Cut by the ledger, or noise, which has no text.
            Err(_) if line.chars().count() >= LONGEST => return None,
            Err(_) => {}
        }
    }
    Some(texts)
}

/// The last `result` that the stand-in wrote in a call.
pub(super) fn result(call: &Call) -> Option<Value> {
    stdout(call)
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["type"] == "result")
        .last()
}

fn stdout(call: &Call) -> impl Iterator<Item = &str> {
    call.events.iter().filter_map(|event| match event {
        Event::Stdout { line } => Some(line.as_str()),
        _ => None,
    })
}
