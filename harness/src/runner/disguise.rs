//! The same run under other names: what a diagnosis must not hang on.

use super::{Catalog, Planned, Selection};
use crate::scenario::{Chat, Performance};
use mock_claude::script::Action;
use std::collections::BTreeMap;

impl Selection {
    /// One broken variant for each diagnosis that can run here, with all that a person chose in it changed: texts of the
    /// user and of the model, the project's path, ids, and the names of scenario and variant.
    pub fn disguised(&self, catalog: &Catalog) -> Vec<Planned> {
        let mut first: BTreeMap<String, Planned> = BTreeMap::new();
        for (scenario, source, variant) in self.variants() {
            let Some(diagnosis) = &variant.expect.diagnosis else {
                continue;
            };
            let mut planned = super::cross::plan(scenario, source, variant, catalog);
            if planned.is_skipped() || first.contains_key(diagnosis) {
                continue;
            }
            disguise(&mut planned.performance);
            planned.scenario = rotated(&planned.scenario);
            planned.variant = rotated(&planned.variant);
            first.insert(diagnosis.clone(), planned);
        }
        first.into_values().collect()
    }
}

fn disguise(performance: &mut Performance) {
    performance.seed = performance.seed.wrapping_add(7919);
    performance.script.seed = performance.script.seed.wrapping_add(7919);
    if let Some(project) = &mut performance.project {
        *project = rotated(project);
    }
    for entry in &mut performance.script.calls {
        for text in [&mut entry.when.prompt, &mut entry.when.contains] {
            *text = text.as_deref().map(rotated);
        }
        for action in &mut entry.actions {
            if let Action::Say(text) | Action::Think(text) = action {
                *text = rotated(text);
            }
        }
    }
    for step in &mut performance.steps {
        step.chats_mut().iter_mut().for_each(disguise_chat);
    }
}

fn disguise_chat(chat: &mut Chat) {
    chat.message = rotated(&chat.message);
    chat.directory = chat.directory.as_deref().map(rotated);
}

/// Another text of the same shape: letters and digits become others of their kind, all else stays, since mechanisms hang on
/// spaces, dots, lengths and non-ASCII letters.
fn rotated(text: &str) -> String {
    let turn =
        |c: char, first: u8, count: u8| char::from(first + (c as u8 - first + count / 2) % count);
    text.chars()
        .map(|c| match c {
            'a'..='z' => turn(c, b'a', 26),
            'A'..='Z' => turn(c, b'A', 26),
            '0'..='9' => turn(c, b'0', 10),
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disguised_text_keeps_its_shape() {
        assert_eq!(rotated("Büro 2/My.App"), "Oüeb 7/Zl.Ncc");
    }
}
