//! A recording with other texts, flags in another order or form, and other ids: behaviour may not hang on them.

use super::recording::Recording;
use super::setup::Setups;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The same call, said otherwise: prompts and answers have other letters (as many), flags another order or form, and
/// the client other ids.
#[must_use]
pub fn perturbed(recording: &Recording, all: &[Recording], setups: &Setups) -> Recording {
    // Calls of a group may see what others of it said before.
    let group = all
        .iter()
        .filter(|r| r.version == recording.version && r.group() == recording.group());
    let mut texts: BTreeSet<String> = match recording.group() {
        "resume" => group.flat_map(texts).collect(),
        _ => texts(recording),
    };
    // What was said before the recording began stays.
    for first in setups.of(recording).first {
        texts.retain(|text| *text != first.say && !first.argv.contains(text));
    }
    let change = Change {
        whole: said(recording).difference(&texts).cloned().collect(),
        texts,
        ids: ids(recording),
    };
    let mut raw = recording.raw.clone();
    for key in ["api_script", "steps", "stdin", "stdout", "files"] {
        if let Some(value) = raw.get_mut(key) {
            *value = change.value(value);
        }
    }
    let mut argv: Vec<String> = recording.argv.iter().map(|a| change.text(a)).collect();
    if !argv.is_empty() {
        argv = reordered(argv);
    }
    raw["argv"] = argv.into();
    Recording::read(raw).unwrap_or_else(|_| recording.clone())
}

struct Change {
    texts: BTreeSet<String>,
    /// What the model says that stays as it is.
    whole: BTreeSet<String>,
    ids: BTreeSet<String>,
}

impl Change {
    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Array(items) => items.iter().map(|v| self.value(v)).collect(),
            Value::Object(map) => {
                let delta = map
                    .get("type")
                    .and_then(Value::as_str)
                    .filter(|t| ["text_delta", "thinking_delta"].contains(t));
                let changed: Map<String, Value> = map
                    .iter()
                    .map(|(key, value)| {
                        let value = match (key.as_str(), value) {
                            // Halves of a text are no texts of their own.
                            ("text" | "thinking", Value::String(t))
                                if delta.is_some()
                                    && !self.whole.contains(t)
                                    && self.texts.iter().any(|w| w.contains(t.as_str())) =>
                            {
                                turned(t).into()
                            }
                            (_, value) => self.value(value),
                        };
                        (key.clone(), value)
                    })
                    .collect();
                changed.into()
            }
            other => other.clone(),
        }
    }

    /// The text with prompts and answers in it changed, and the client's ids renamed.
    fn text(&self, text: &str) -> String {
        if self.texts.contains(text) {
            return turned(text);
        }
        // What a broken answer left of a text, and a prompt that a notice repeats.
        if text.len() >= 10 && self.texts.iter().any(|whole| whole.starts_with(text)) {
            return turned(text);
        }
        if let Some((said, prose)) = text.split_once("<PROMPT:") {
            return format!("{}<PROMPT:{prose}", self.text(said));
        }
        if let Some((notice, prompt)) = text.split_once("Original prompt: ") {
            return format!("{notice}Original prompt: {}", self.text(prompt));
        }
        if text.contains('\n') && text.split('\n').any(|line| self.texts.contains(line)) {
            let lines: Vec<String> = text.split('\n').map(|line| self.text(line)).collect();
            return lines.join("\n");
        }
        if self.ids.contains(text) {
            return format!("other-{text}");
        }
        match text.strip_prefix("control_response ") {
            Some(rest) => format!("control_response {}", self.text(rest)),
            None => text.to_owned(),
        }
    }
}

/// The ids that the client gave its requests.
fn ids(recording: &Recording) -> BTreeSet<String> {
    let requests = recording
        .sent
        .iter()
        .filter(|f| f["type"] == "control_request");
    requests
        .filter_map(|frame| frame["request_id"].as_str().map(str::to_owned))
        .collect()
}

/// The prompts and answers of a recording: whole texts that stand for nothing else.
fn texts(recording: &Recording) -> BTreeSet<String> {
    let mut found = said(recording);
    for frame in &recording.sent {
        if frame["type"] == "user" {
            found.extend(frame["message"]["content"].as_str().map(str::to_owned));
        }
    }
    if let Some(at) = recording.argv.iter().position(|a| a == "-p") {
        let prompt = recording.argv.get(at + 1).filter(|p| !p.starts_with('-'));
        found.extend(prompt.cloned());
    }
    // Commands mean what they say, and what was kept in part cannot be changed as a whole.
    found.retain(|text| {
        text.len() > 1 && !text.starts_with('/') && !text.contains(['<', '…', '{', '\\'])
    });
    found
}

/// What the model says, block by block.
fn said(recording: &Recording) -> BTreeSet<String> {
    let turns = recording.raw["api_script"].as_array();
    let blocks = turns.into_iter().flatten();
    let blocks = blocks.flat_map(|turn| turn["content"].as_array().into_iter().flatten());
    blocks
        .flat_map(|block| [&block["text"], &block["thinking"]])
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

/// The text with other letters.
fn turned(text: &str) -> String {
    let turn = |c: char, first: u8| char::from(first + (c as u8 - first + 13) % 26);
    text.chars()
        .map(|c| match c {
            'a'..='z' => turn(c, b'a'),
            'A'..='Z' => turn(c, b'A'),
            other => other,
        })
        .collect()
}

/// Options with one value that has no blank in it are written with `=` and moved to the end, `-p` and its prompt stay.
fn reordered(argv: Vec<String>) -> Vec<String> {
    // Behind `--` nothing is an option any more.
    if argv.iter().any(|word| word == "--") {
        return argv;
    }
    const MOVED: [&str; 6] = [
        "--output-format",
        "--input-format",
        "--model",
        "--permission-mode",
        "--max-turns",
        "--permission-prompt-tool",
    ];
    let (mut stay, mut moved) = (Vec::new(), Vec::new());
    let mut rest = argv.into_iter().peekable();
    while let Some(word) = rest.next() {
        let value = rest
            .peek()
            .is_some_and(|v| !v.starts_with('-') && !v.is_empty());
        if MOVED.contains(&word.as_str()) && value {
            let value = rest.next().unwrap_or_default();
            moved.push(format!("{word}={value}"));
        } else {
            stay.push(word);
        }
    }
    moved.reverse();
    stay.extend(moved);
    stay
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_flags_and_ids_change_and_nothing_else_does() {
        let raw = json!({
            "version": "2.1.330", "case": "x", "exit_code": 0, "env": {"A": "b"},
            "argv": ["-p", "hello", "--output-format", "json", "--verbose"],
            "api_script": [{"content": [{"type": "text", "text": "Hi there"}]}],
            "stdout": [{"type": "result", "result": "Hi there", "subtype": "success"}],
        });
        let changed = perturbed(
            &Recording::read(raw).unwrap(),
            &[],
            &Setups::embedded().unwrap(),
        );
        assert_eq!(
            changed.argv,
            ["-p", "uryyb", "--verbose", "--output-format=json"]
        );
        assert_eq!(changed.stdout[0]["result"], "Uv gurer");
        assert_eq!(changed.stdout[0]["subtype"], "success");
    }
}
