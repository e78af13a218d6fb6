//! Hooks as settings and clients register them.

use crate::protocol::Named;
use crate::protocol::control::CallbackMatcher;
use crate::protocol::hooks::configured;
use crate::protocol::wire::{Nullable, Object};
use regex_lite::Regex;
use serde_json::Number;
use std::time::Duration;

/// A hook.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    pub(super) event: String,
    pub(super) matcher: Matcher,
    pub(super) action: Action,
    /// How long it may take; None: as long as the version lets hooks take that say nothing.
    pub(super) timeout: Option<Duration>,
}

/// What a hook does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// The client is asked, by this id.
    Callback(String),
    /// A command gets the input on stdin.
    Command(String),
}

impl Hook {
    pub(super) fn matches(&self, event: &str, subject: &str) -> bool {
        self.event == event && self.matcher.matches(subject)
    }
}

/// Hooks as the client gives them.
pub(super) fn of_client(given: &Named<Vec<CallbackMatcher>>, commas: bool) -> Vec<Hook> {
    let mut hooks = Vec::new();
    for (event, entries) in &given.0 {
        for entry in entries {
            let broken = entry.misfits().any(|key| key == "matcher");
            let Some(matcher) = Matcher::given(&entry.matcher, broken, commas) else {
                continue;
            };
            hooks.extend(entry.callback_ids.iter().flatten().map(|id| Hook {
                event: event.clone(),
                matcher: matcher.clone(),
                action: Action::Callback(id.clone()),
                timeout: seconds(entry.timeout.value()),
            }));
        }
    }
    hooks
}

/// Hooks as settings give them; `commas` part names of a matcher, too, where they do.
pub(super) fn of_settings(given: &Object, commas: bool) -> Vec<Hook> {
    let mut hooks = Vec::new();
    for event in given.keys() {
        for entry in configured(given, event) {
            let broken = entry.misfits().any(|key| key == "matcher");
            let Some(matcher) = Matcher::given(&entry.matcher, broken, commas) else {
                continue;
            };
            for hook in entry.hooks.iter().flatten() {
                if let (Some("command"), Some(command)) = (hook.kind.as_deref(), &hook.command) {
                    hooks.push(Hook {
                        event: event.clone(),
                        matcher: matcher.clone(),
                        action: Action::Command(command.clone()),
                        timeout: seconds(hook.timeout.as_ref()),
                    });
                }
            }
        }
    }
    hooks
}

/// The events that older versions know; the oldest ones know nothing of the last three.
const EVENTS: [&str; 12] = [
    "PreToolUse",
    "PostToolUse",
    "Notification",
    "UserPromptSubmit",
    "SessionStart",
    "SessionEnd",
    "Stop",
    "SubagentStop",
    "PreCompact",
    "PostToolUseFailure",
    "SubagentStart",
    "PermissionRequest",
];

/// Whether these are hooks for such events only.
pub(super) fn all_known(given: &Object, capability: u8) -> bool {
    let events = &EVENTS[..if capability > 1 { 12 } else { 9 }];
    given.keys().all(|event| events.contains(&event.as_str()))
}

fn seconds(given: Option<&Number>) -> Option<Duration> {
    let seconds = given?.as_f64().filter(|seconds| *seconds > 0.0)?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// What a hook's subject (a tool, a source, …) is held against: nothing, names, or a regular expression that finds
/// something in it.
#[derive(Debug, Clone)]
pub(super) enum Matcher {
    All,
    Names(Vec<String>),
    Expression(Regex),
    /// It is no expression, and matches nothing.
    Broken,
}

impl Matcher {
    /// What is given for one; None where that makes it no hook at all.
    fn given(text: &Nullable<String>, broken: bool, commas: bool) -> Option<Matcher> {
        match text {
            _ if broken => None,
            Nullable::Of(text) => Some(Matcher::new(text, commas)),
            Nullable::Absent | Nullable::Null => Some(Matcher::All),
        }
    }

    pub(super) fn new(text: &str, commas: bool) -> Matcher {
        if text.is_empty() || text == "*" {
            return Matcher::All;
        }
        let plain = |c: char| {
            c.is_ascii_alphanumeric() || matches!(c, '_' | '|') || commas && matches!(c, ',' | ' ')
        };
        if text.chars().all(plain) {
            let parts = |c: char| c == '|' || commas && c == ',';
            let names = text.split(parts).map(|name| name.trim().to_owned());
            return Matcher::Names(names.collect());
        }
        Regex::new(text).map_or(Matcher::Broken, Matcher::Expression)
    }

    /// An event without a subject concerns every hook.
    fn matches(&self, subject: &str) -> bool {
        match self {
            _ if subject.is_empty() => true,
            Matcher::All => true,
            Matcher::Names(names) => names.iter().any(|name| name == subject),
            Matcher::Expression(expression) => expression.is_match(subject),
            Matcher::Broken => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen on 1.0.108, 2.0.77 and 2.1.330: which matchers fire for a call of `Bash`.
    #[test]
    fn a_matcher_is_a_list_of_names_or_a_regular_expression() {
        for matcher in [
            "",
            "*",
            "Bash",
            "Read|Bash",
            "Ba.*",
            "^Bash$",
            ".*",
            "Edit|Ba.*",
            "Read, Bash",
        ] {
            assert!(Matcher::new(matcher, true).matches("Bash"), "{matcher}");
        }
        for matcher in ["B", "bash", "[", "Bash.", "Read|Edit"] {
            assert!(!Matcher::new(matcher, true).matches("Bash"), "{matcher}");
        }
        // Commas part names in 2.1.330 only.
        assert!(!Matcher::new("Read, Bash", false).matches("Bash"));
        assert!(Matcher::new("mcp__calc__.*", false).matches("mcp__calc__add"));
    }
}
