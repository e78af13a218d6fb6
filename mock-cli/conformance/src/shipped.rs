//! Recordings as this project ships them: a file a version, a line a case, without what no comparison needs, and
//! without a word that the CLI writes for people's help or for the model.

use super::Error;
use super::compare::kind;
use super::fit::restored;
use super::recording::{Recording, parse_lines};
use super::rules::Rules;
use super::steps::Step;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The recordings of each version, as `tests/recordings/` has them.
const SHIPPED: [(&str, &str); 3] = [
    (
        "1.0.108",
        include_str!("../../../tests/recordings/1.0.108.jsonl"),
    ),
    (
        "2.0.77",
        include_str!("../../../tests/recordings/2.0.77.jsonl"),
    ),
    (
        "2.1.330",
        include_str!("../../../tests/recordings/2.1.330.jsonl"),
    ),
];

/// What is kept of a recording.
const KEPT: [&str; 17] = [
    "version",
    "case",
    "argv",
    "env",
    "stdin_mode",
    "api_script",
    "steps",
    "stdin",
    "stdout",
    "stdout_total_lines",
    "stderr",
    "exit_code",
    "exit_t_ms",
    "timed_out_killed",
    "files",
    "assistant_text_segment_bytes_repr",
    "has_cr",
];

/// The versions that the harness carries recordings of.
pub fn versions() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(version, _)| *version)
}

/// The recordings that the harness carries.
///
/// # Errors
/// One of them is no recording.
pub fn recordings() -> Result<Vec<Recording>, Error> {
    let read = |(version, text): &(&str, &str)| {
        let name = format!("tests/recordings/{version}.jsonl");
        parse_lines(Path::new(&name), text)
    };
    Ok(SHIPPED
        .iter()
        .map(read)
        .collect::<Result<Vec<_>, _>>()?
        .concat())
}

/// Writes recordings as they are shipped, in the order of versions and cases.
///
/// # Errors
/// The folder cannot be written, or holds recordings in another form.
pub fn write(folder: &Path, recordings: &[Recording], rules: &Rules) -> Result<(), Error> {
    let mut versions: BTreeMap<&str, String> = BTreeMap::new();
    for recording in recordings {
        let text = versions.entry(&recording.version).or_default();
        text.push_str(&restored(&compact(recording, rules).to_string()));
        text.push('\n');
    }
    std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    for (version, text) in versions {
        let whole = folder.join(version);
        if whole.exists() {
            return Err(Error::Recording {
                path: whole,
                message:
                    "recordings in this form are not rewritten; make compact ones with --compact"
                        .into(),
            });
        }
        let path = folder.join(format!("{version}.jsonl"));
        std::fs::write(&path, text).map_err(|e| Error::io(&path, e))?;
    }
    Ok(())
}

/// The compact form of a recording.
#[must_use]
pub fn compact(recording: &Recording, rules: &Rules) -> Value {
    let bare = |value: &Value, path: &str| without_prose(value, path, &recording.version, rules);
    let mut kept = Map::new();
    for key in KEPT {
        let value = match (key, &recording.raw[key]) {
            (_, Value::Null) => continue,
            ("stdout", _) => {
                let lines = recording.stdout.iter();
                lines
                    .map(|line| bare(line, &format!("stdout/{}", kind(line))))
                    .collect()
            }
            ("stdin", _) => recording.sent.iter().cloned().collect(),
            ("stderr", Value::String(text)) => without_code(text).into(),
            ("files", files) => bare(files, "files"),
            ("steps", steps) => with_waits(steps, recording),
            (_, value) => value.clone(),
        };
        kept.insert(key.to_owned(), value);
    }
    if let Some(cwd) = recording.raw["post"].get("init_cwd") {
        kept.insert("post".into(), json!({"init_cwd": cwd}));
    }
    let turns = recording.raw["api_script"].as_array();
    if turns.is_some_and(|turns| turns.iter().any(|turn| turn == "callable")) {
        // The turns were made by hand, by the model that was asked.
        let requests = recording.raw["api_requests"].as_array();
        let main = requests
            .into_iter()
            .flatten()
            .filter(|r| r["kind"] == "main");
        let models = main.map(|r| json!({"kind": "main", "model": r["model"]}));
        kept.insert("api_requests".into(), models.collect());
    }
    kept.into()
}

/// Steps that say of a wait that what it was for did not come: that is seen by times, which are not kept.
fn with_waits(steps: &Value, recording: &Recording) -> Value {
    let came = recording.steps.iter().filter_map(|step| match step {
        Step::Wait { came, .. } => Some(*came),
        _ => None,
    });
    let mut came = came.collect::<Vec<_>>().into_iter();
    let mut steps = steps.clone();
    for step in steps.as_array_mut().into_iter().flatten() {
        if step.get("wait").is_some() && came.next() == Some(false) {
            step["came"] = false.into();
        }
    }
    steps
}

/// A stack without its frames: they are the CLI's code. What the runtime says of itself stays.
fn without_code(text: &str) -> String {
    let own = |line: &str| {
        line.starts_with("file://")
            || (line.contains("<CLI_DIR>") && line.trim_start().starts_with("at "))
    };
    let lines: Vec<&str> = text.split('\n').filter(|line| !own(line)).collect();
    lines.join("\n")
}

fn without_prose(value: &Value, path: &str, version: &str, rules: &Rules) -> Value {
    match value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(n, item)| without_prose(item, &format!("{path}/{n}"), version, rules))
                .collect()
        }
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let path = format!("{path}/{key}");
                (key.clone(), without_prose(value, &path, version, rules))
            })
            .collect(),
        Value::String(text) if !text.is_empty() && rules.is_prose(version, path) => {
            "<prose>".into()
        }
        Value::String(text) => rules.without_prompts(version, text).into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_has_no_prose_and_is_as_compact_as_it_gets() {
        let rules = Rules::embedded().unwrap();
        let recordings = recordings().unwrap();
        assert!(recordings.len() > 700);
        for recording in &recordings {
            assert_eq!(
                compact(recording, &rules),
                recording.raw,
                "{} {}",
                recording.version,
                recording.case
            );
        }
    }
}
