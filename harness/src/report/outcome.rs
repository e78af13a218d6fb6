//! The normalised result of one run, which the snapshot, the terminal and all files render.

use super::render;
use crate::judge::Judgement;
use crate::timeline::Timeline;
use regex_lite::Regex;
use std::sync::LazyLock;

/// The normalised result of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was seen and what it means, section by section.
    pub sections: Vec<Section>,
}

/// A labelled group of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// `backend`, `chat 1`, `claude 1`, `stop`, ...
    pub label: String,
    /// Its lines.
    pub lines: Vec<String>,
}

impl Outcome {
    /// Renders a run. `normalise` takes what depends on the run's place (paths, port) out of a text.
    pub fn new(
        timeline: &Timeline,
        judgement: &Judgement,
        normalise: impl Fn(&str) -> String,
    ) -> Self {
        let (seen, judged) = (render::seen(timeline), render::judged(judgement));
        let mut ids = Ids::default();
        let mut all = Vec::new();
        for (sections, limit) in [(seen, LINE_LIMIT), (judged, usize::MAX)] {
            for mut section in sections {
                for line in &mut section.lines {
                    *line = cut(ids.number(&normalise(line)), limit);
                }
                all.push(section);
            }
        }
        Self { sections: all }
    }

    /// The text of the snapshot: labels in a column of their own.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            let mut label = section.label.as_str();
            for line in &section.lines {
                text.push_str(format!("{label:<9} {line}").trim_end());
                text.push('\n');
                label = "";
            }
        }
        text
    }
}

/// Longer lines of what was seen are cut; only after they are normalised, so that the cut is always the same.
const LINE_LIMIT: usize = 300;

fn cut(line: String, limit: usize) -> String {
    let length = line.chars().count();
    if length <= limit {
        return line;
    }
    let start: String = line.chars().take(limit).collect();
    format!("{start}… ({length} characters)")
}

/// Ids, numbered by their first appearance, so that equal ids stay equal.
#[derive(Debug, Default)]
struct Ids(Vec<String>);

pub(super) static UUID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
        .expect("the pattern is valid")
});

impl Ids {
    fn number(&mut self, text: &str) -> String {
        UUID.replace_all(text, |found: &regex_lite::Captures<'_>| {
            let id = found[0].to_lowercase();
            let known = self.0.iter().position(|seen| *seen == id);
            let index = known.unwrap_or_else(|| {
                self.0.push(id);
                self.0.len() - 1
            });
            format!("<id {}>", index + 1)
        })
        .into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ids_stay_equal() {
        let (a, b) = (
            "0b5e7f5c-1111-4222-8333-444455556666",
            "FFFFFFFF-1111-4222-8333-444455556666",
        );
        let mut ids = Ids::default();
        assert_eq!(
            ids.number(&format!("{b} {a} {}", b.to_lowercase())),
            "<id 1> <id 2> <id 1>"
        );
        assert_eq!(ids.number(a), "<id 2>");
    }

    #[test]
    fn the_label_stands_once_before_its_lines() {
        let section = Section {
            label: "chat 1".to_owned(),
            lines: vec!["a".into(), "b".into()],
        };
        let outcome = Outcome {
            sections: vec![section],
        };
        assert_eq!(outcome.text(), "chat 1    a\n          b\n");
    }
}
