//! A live run of the real CLI, in the form of a recording.

use super::kept::Kept;
use super::recording::Recording;
use super::replay::Replayed;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A run of the real CLI as a recording of the same case: folders, ids, times and durations become placeholders, and of
/// files no more is kept than recordings of that version keep.
#[must_use]
pub fn recorded_from(case: &Recording, run: &Replayed, kept: &Kept) -> Value {
    let mut names = Names {
        values: run
            .known
            .values
            .iter()
            .map(|(k, v)| (v.clone(), k.clone()))
            .collect(),
        ids: BTreeMap::new(),
    };
    names.values.retain(|(value, _)| value.len() > 4);
    names
        .values
        .sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    let lines: Vec<Value> = run
        .seen
        .stdout
        .iter()
        .map(|text| match serde_json::from_str::<Value>(text) {
            Ok(value) if value.is_object() || value.is_array() => names.value(&value, ""),
            _ => names.text(text).into(),
        })
        .collect();
    let mut fresh = case.raw.clone();
    fresh["stdout"] = lines.into();
    fresh["stderr"] = names.text(&run.seen.stderr).into();
    fresh["exit_code"] = run.seen.code.into();
    if fresh.get("files").is_some() {
        let mut files = Map::new();
        for (path, seen) in &run.seen.files {
            let path = names.text(path);
            let file = kept.file(&path, seen, &mut |value| names.value(value, ""));
            files.insert(path, file);
        }
        fresh["files"] = files.into();
    }
    fresh
}

struct Names {
    values: Vec<(String, String)>,
    ids: BTreeMap<String, usize>,
}

impl Names {
    fn value(&mut self, value: &Value, key: &str) -> Value {
        match value {
            Value::String(text) => self.text(text).into(),
            Value::Array(items) => items.iter().map(|v| self.value(v, key)).collect(),
            Value::Object(map) => map
                .iter()
                .map(|(key, value)| (self.text(key), self.value(value, key)))
                .collect(),
            Value::Number(_) if key.ends_with("_ms") || key.ends_with("Ms") => "<int>".into(),
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, name) in &self.values {
            text = text.replace(value.as_str(), name);
        }
        let uuid =
            regex_lite::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
        let time = regex_lite::Regex::new(r"\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\d[.-]\d{3}Z");
        let (Ok(uuid), Ok(time)) = (uuid, time) else {
            return text;
        };
        let text = uuid
            .replace_all(&text, |found: &regex_lite::Captures<'_>| {
                let next = self.ids.len() + 1;
                let number = *self.ids.entry(found[0].to_owned()).or_insert(next);
                format!("<UUID:{number}>")
            })
            .into_owned();
        time.replace_all(&text, "<TS>").into_owned()
    }
}
