//! Two hundred times the same is shown once.

use super::Section;
use super::outcome::UUID;
use crate::timeline::{StepSeen, Timeline};
use std::borrow::Cow;

/// Whether a run repeats messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeats(bool);

impl Repeats {
    pub(super) fn of(timeline: &Timeline) -> Self {
        let repeats = |step: &StepSeen| matches!(step, StepSeen::Repeat { .. });
        Self(timeline.steps.iter().any(repeats))
    }

    /// Folds neighbours of one kind that differ in ids only into the first and a line that counts the others.
    pub(super) fn folded(self, kind: &str, sections: Vec<Section>) -> Vec<Section> {
        if !self.0 {
            return sections;
        }
        let mut folded: Vec<Section> = Vec::new();
        // The lines of the section that the last ones are like, without ids, and how many there are.
        let mut like: (Vec<String>, usize) = (Vec::new(), 0);
        for section in sections {
            let (name, number) = section.label.split_once(' ').unwrap_or_default();
            let lines = without_ids(&section.lines);
            if name != kind || lines != like.0 {
                like = (lines, 0);
                folded.push(section);
                continue;
            }
            like.1 += 1;
            let text = match like.1 {
                1 => format!("another like it, {kind} {number}"),
                count => format!("{count} more like it, up to {kind} {number}"),
            };
            if like.1 == 1 {
                folded.push(Section {
                    label: String::new(),
                    lines: Vec::new(),
                });
            }
            if let Some(last) = folded.last_mut() {
                last.label = "...".to_owned();
                last.lines = vec![text];
            }
        }
        folded
    }
}

fn without_ids(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .map(|line| UUID.replace_all(line, "<id>"))
        .map(Cow::into_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(label: &str, line: &str) -> Section {
        Section {
            label: label.to_owned(),
            lines: vec![line.to_owned()],
        }
    }

    #[test]
    fn what_differs_in_ids_only_is_shown_once() {
        let id = |digit: &str| {
            format!(
                "says {0}{0}-{1}",
                digit.repeat(4),
                "0000-4000-8000-000000000000"
            )
        };
        let sections = vec![
            section("repeat", "4 times"),
            section("chat 1", &id("1")),
            section("chat 2", &id("2")),
            section("chat 3", &id("3")),
            section("chat 4", "error"),
            section("health", "200"),
        ];
        let labels: Vec<String> = Repeats(true)
            .folded("chat", sections)
            .into_iter()
            .map(|section| format!("{}: {}", section.label, section.lines[0]))
            .collect();
        assert_eq!(labels[2], "...: 2 more like it, up to chat 3");
        assert_eq!(labels[3..], ["chat 4: error", "health: 200"]);
        assert_eq!(labels.len(), 5);
    }
}
