//! The rules, the most specific first: topic by topic, and within a topic row by row.

pub(super) mod call;
pub(super) mod control;
pub(super) mod end;
mod history;
pub(super) mod spawn;
mod start;
pub(super) mod stream;
mod turn;

use super::Rule;
use crate::timeline::{ChatSeen, Timeline};

/// All topics, in the order in which causes are looked for.
pub(super) const TOPICS: &[&[Rule]] = &[
    start::RULES,
    call::RULES,
    spawn::RULES,
    control::RULES,
    stream::RULES,
    history::RULES,
    turn::RULES,
    end::RULES,
];

/// The first chat whose error text fits.
fn chat_error(timeline: &Timeline, fits: impl Fn(&str) -> bool) -> Option<(&ChatSeen, &str)> {
    timeline.chats().find_map(|chat| {
        let text = chat.error()?;
        fits(text).then_some((chat, text))
    })
}

/// The first error of a chat that has one of these in it.
fn said(timeline: &Timeline, parts: &[&str]) -> Option<String> {
    timeline.chats().find_map(|chat| {
        let text = chat.error()?;
        let fits = parts.iter().any(|part| text.contains(part));
        fits.then(|| format!("the backend said: {text}"))
    })
}

fn last_log(timeline: &Timeline) -> String {
    match timeline
        .log
        .iter()
        .rev()
        .find(|log| !log.line.trim().is_empty())
    {
        Some(log) => format!("its last line: {}", log.line),
        None => "it wrote no log".to_owned(),
    }
}
