//! What the recordings keep of the files that the CLI writes: a fresh recording keeps no more.

use super::compare::kind;
use super::recording::Recording;
use regex_lite::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Texts that are longer are kept in part.
const LONG: usize = 600;

/// Placeholders of what differs from run to run or is never kept, whatever is there.
const RUNS: [&str; 8] = [
    "<REDACTED",
    "<prose>",
    "<PROMPT:",
    "<SYSTEM_REMINDER",
    "<int>",
    "<float>",
    "<HEX>",
    "<EPOCH_MS>",
];

/// What is kept, by kind of file and of line.
#[derive(Debug, Default)]
pub struct Kept {
    /// The form of a file, by its path without ids.
    files: BTreeMap<String, Value>,
    /// The fields of a line, by the file's path and the line's kind.
    lines: BTreeMap<(String, String), Value>,
}

impl Kept {
    /// What these recordings keep.
    #[must_use]
    pub fn of<'r>(recordings: impl IntoIterator<Item = &'r Recording>) -> Self {
        let mut kept = Kept::default();
        for (path, file) in recordings
            .into_iter()
            .filter_map(|r| r.files.as_ref())
            .flatten()
        {
            let path = without_ids(path);
            for line in file["lines"].as_array().into_iter().flatten() {
                let form = kept.lines.entry((path.clone(), kind(line))).or_default();
                merge(form, line);
            }
            merge(kept.files.entry(path).or_default(), file);
        }
        kept
    }

    /// What is kept of a file of this text; `named` puts placeholders in.
    pub fn file(&self, path: &str, seen: &Value, named: &mut dyn FnMut(&Value) -> Value) -> Value {
        let mut file = json!({"bytes": seen["bytes"], "mode": seen["mode"]});
        let text = seen["text"].as_str().unwrap_or_default();
        let path = without_ids(path);
        let Some(form) = self.files.get(&path) else {
            return file;
        };
        if form["lines"].is_array() {
            let lines = text.lines().map(|line| {
                let line = serde_json::from_str(line).unwrap_or_else(|_| Value::from(line));
                self.line(&path, &named(&line))
            });
            file["lines"] = lines.collect();
        } else if form["lines"].is_string() {
            file["lines"] = format!("<{} lines>", text.lines().count()).into();
        } else if form.get("json").is_some() {
            let value = serde_json::from_str(text).unwrap_or_default();
            file["json"] = cut(&named(&value), &form["json"]);
        } else if form.get("text").is_some() {
            file["text"] = named(&text.into());
        }
        file
    }

    fn line(&self, path: &str, line: &Value) -> Value {
        let form = self.lines.get(&(path.to_owned(), kind(line)));
        // Of a kind of line that no recording has it is kept that it was there.
        let new = json!({"type": null, "subtype": null, "attachment": {"type": null}});
        cut(line, form.unwrap_or(&new))
    }
}

/// A path with the same text for every id and time in it.
fn without_ids(path: &str) -> String {
    let id = Regex::new(
        r"<(UUID:\d+|SID\w*|EPOCH_MS|N|TS)>|\d{13}|[0-9a-f]{6,}|\d{4}-\d\d-\d\dT[\d-]+Z|\b[abo0][0-9a-z]{8,}\b",
    );
    match id {
        Ok(id) => id.replace_all(path, "*").into_owned(),
        Err(_) => path.to_owned(),
    }
}

/// Adds what the other value has to a form.
fn merge(form: &mut Value, other: &Value) {
    match (&mut *form, other) {
        (Value::Object(form), Value::Object(other)) => {
            for (key, value) in other {
                merge(form.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(form), Value::Array(other)) => {
            if form.is_empty() {
                form.push(Value::Null);
            }
            for value in other {
                merge(&mut form[0], value);
            }
        }
        (Value::Null, other) => *form = empty(other),
        _ => {}
    }
}

/// A form that is merged with only this value.
fn empty(value: &Value) -> Value {
    match value {
        Value::Object(_) => {
            let mut form = Map::new().into();
            merge(&mut form, value);
            form
        }
        Value::Array(_) => {
            let mut form = Value::Array(Vec::new());
            merge(&mut form, value);
            form
        }
        other => other.clone(),
    }
}

/// What a form keeps of a value.
fn cut(value: &Value, form: &Value) -> Value {
    match (value, form) {
        (Value::Object(map), Value::Object(form)) => {
            let mut kept = Map::new();
            if form.contains_key("keys") && !map.contains_key("keys") {
                let mut keys: Vec<&String> = map.keys().collect();
                keys.sort();
                kept.insert("keys".into(), json!(keys));
            }
            for (key, value) in map {
                // What a tool was given is the model's: whatever it is.
                if key == "input" {
                    kept.insert(key.clone(), value.clone());
                } else if let Some(form) = form.get(key) {
                    kept.insert(key.clone(), cut(value, form));
                }
            }
            kept.into()
        }
        (Value::Array(items), Value::Array(form)) => {
            let form = form.first().unwrap_or(&Value::Null);
            items.iter().map(|item| cut(item, form)).collect()
        }
        (_, Value::String(form)) if RUNS.iter().any(|p| form.starts_with(p)) => form.clone().into(),
        (Value::String(text), _) if text.chars().count() > LONG => {
            let start: String = text.chars().take(LONG / 2).collect();
            format!("{start}…<{} chars total>", text.chars().count()).into()
        }
        (other, _) => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(files: &Value) -> Recording {
        let raw = json!({"version": "1", "case": "x", "exit_code": 0, "files": files});
        Recording::read(raw).unwrap()
    }

    #[test]
    fn a_fresh_line_keeps_the_fields_that_lines_of_its_kind_had() {
        let line = json!({"type": "user", "uuid": "<UUID:2>", "message": {"content": "a"}});
        let files =
            json!({"<HOME>/<UUID:1>.jsonl": {"bytes": 1, "mode": "0o600", "lines": [line]}});
        let kept = Kept::of([&recording(&files)]);
        let text = r#"{"type":"user","uuid":"u","secret":"a prompt","message":{"content":"b","role":"user"}}
{"type":"new","text":"a prompt"}"#;
        let seen = json!({"bytes": 9, "mode": "0o600", "text": text});
        let file = kept.file("<HOME>/<UUID:7>.jsonl", &seen, &mut Value::clone);
        let lines =
            json!([{"type": "user", "uuid": "u", "message": {"content": "b"}}, {"type": "new"}]);
        assert_eq!(file["lines"], lines);
        let unknown = kept.file("<HOME>/else", &seen, &mut Value::clone);
        assert_eq!(unknown, json!({"bytes": 9, "mode": "0o600"}));
    }
}
