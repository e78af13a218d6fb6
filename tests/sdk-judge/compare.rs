//! What was seen against what was recorded.

use super::normal::Events;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How two runs compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// All is the same.
    Same,
    /// The same messages and callbacks came, but fields differ.
    Fields,
    /// Other messages or callbacks came, or in another order.
    Sequence,
}

/// How two runs compare, and where they differ.
pub(crate) struct Verdict {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// Compares what was seen with what was recorded.
pub(crate) fn verdict(recorded: &Events, seen: &Events) -> Verdict {
    let mut verdict = Verdict {
        kind: Kind::Same,
        text: String::new(),
    };
    let none = Vec::new();
    let channels: BTreeSet<_> = recorded.keys().chain(seen.keys()).collect();
    for channel in channels {
        let recorded = recorded.get(channel).unwrap_or(&none);
        let seen = seen.get(channel).unwrap_or(&none);
        let kinds = |of: &[Value]| of.iter().map(kind).collect::<Vec<_>>();
        if kinds(recorded) != kinds(seen) {
            verdict.kind = Kind::Sequence;
            verdict.sequence(channel, &kinds(recorded), &kinds(seen));
        }
        for (n, (recorded, seen)) in recorded.iter().zip(seen).enumerate() {
            if kind(recorded) == kind(seen) {
                verdict.value(&format!("{channel} {n} {}", kind(recorded)), recorded, seen);
            }
        }
    }
    verdict
}

/// What a message is: its type and subtype, or its class.
fn kind(value: &Value) -> String {
    let keys = ["class", "type", "subtype"];
    let words = keys.iter().filter_map(|key| value.get(key)?.as_str());
    words.collect::<Vec<_>>().join(".")
}

impl Verdict {
    fn sequence(&mut self, channel: &str, recorded: &[String], seen: &[String]) {
        let (recorded, seen) = (recorded.join("\n"), seen.join("\n"));
        let diff = similar::TextDiff::from_lines(&recorded, &seen);
        self.line(format_args!("{channel}: other ones"));
        for change in diff.iter_all_changes() {
            self.line(format_args!(
                "  {}{}",
                change.tag(),
                change.value().trim_end()
            ));
        }
    }

    fn value(&mut self, path: &str, recorded: &Value, seen: &Value) {
        match (recorded, seen) {
            (Value::Object(a), Value::Object(b)) => {
                let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
                for key in keys {
                    match (a.get(key), b.get(key)) {
                        (Some(a), Some(b)) => self.value(&format!("{path}/{key}"), a, b),
                        (Some(a), None) => {
                            self.differ(&format!("{path}/{key}"), &short(a), "nothing")
                        }
                        (None, b) => self.differ(
                            &format!("{path}/{key}"),
                            "nothing",
                            &short(b.unwrap_or(&Value::Null)),
                        ),
                    }
                }
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                for (n, (a, b)) in a.iter().zip(b).enumerate() {
                    self.value(&format!("{path}/{n}"), a, b);
                }
            }
            (a, b) if a == b || is_prompt(a, b) => {}
            (a, b) => self.differ(path, &short(a), &short(b)),
        }
    }

    fn differ(&mut self, path: &str, recorded: &str, seen: &str) {
        self.kind = self.kind.max(Kind::Fields);
        self.line(format_args!("{path}: {recorded} recorded, {seen} seen"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.text, "{line}").expect("a String takes all");
    }
}

/// Whether the recorded text ends with prose for the model, and the other one begins alike.
fn is_prompt(recorded: &Value, seen: &Value) -> bool {
    let (Some(recorded), Some(seen)) = (recorded.as_str(), seen.as_str()) else {
        return false;
    };
    let kept = recorded.split_once("<PROMPT:").map(|(kept, _)| kept);
    kept.is_some_and(|kept| seen.starts_with(kept) && seen.len() > kept.len())
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
