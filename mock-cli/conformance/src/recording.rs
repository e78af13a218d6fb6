//! A recording: what one call of the real CLI was given, and what it did.

use super::Error;
use super::steps::{Step, mark_waits, read_steps};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// How stdin was connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stdin {
    /// `/dev/null`.
    Null,
    /// A pipe, written by the steps.
    Pipe,
    /// No descriptor at all.
    Closed,
}

/// One recorded call.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The CLI's version.
    pub version: String,
    /// The case's name.
    pub case: String,
    /// Arguments after the executable.
    pub argv: Vec<String>,
    /// The environment that the recorder set.
    pub env: BTreeMap<String, String>,
    /// How stdin was connected.
    pub stdin: Stdin,
    /// What the client did, in order.
    pub steps: Vec<Step>,
    /// Frames that the client sent, answers included.
    pub sent: Vec<Value>,
    /// The lines of stdout: an object, or a text where the line was no JSON.
    pub stdout: Vec<Value>,
    /// How many lines there were, where not all were kept.
    pub stdout_total: Option<usize>,
    /// All of stderr.
    pub stderr: String,
    /// The exit code; negative for a signal.
    pub exit_code: i64,
    /// Whether the recorder gave up on it and killed it.
    pub killed: bool,
    /// Written files by path; None where they were not kept.
    pub files: Option<Map<String, Value>>,
    /// The whole of it as it was read.
    pub raw: Value,
}

impl Recording {
    /// Reads one.
    ///
    /// # Errors
    /// A text that says what is missing.
    pub fn read(raw: Value) -> Result<Self, String> {
        let text = |key: &str| raw[key].as_str().map(str::to_owned);
        let list = |key: &str| raw[key].as_array().cloned().unwrap_or_default();
        let sent: Vec<Value> = list("stdin")
            .into_iter()
            .filter(|frame| frame.get("eof").is_none())
            .map(line_of)
            .collect();
        let stdin = match raw["stdin_mode"].as_str() {
            Some("pipe") => Stdin::Pipe,
            Some("closed") => Stdin::Closed,
            _ => Stdin::Null,
        };
        let mut steps = read_steps(&list("steps"))?;
        mark_waits(&mut steps, &list("stdout"), &list("stdin"));
        if steps.is_empty() && stdin == Stdin::Pipe {
            // Some cases were driven by hand: what was sent is then all that is known.
            steps = sent.iter().cloned().map(Step::Send).collect();
            steps.push(Step::Eof);
        }
        Ok(Recording {
            version: text("version").ok_or("no `version`")?,
            case: text("case").ok_or("no `case`")?,
            argv: list("argv")
                .iter()
                .filter_map(|a| a.as_str().map(str::to_owned))
                .collect(),
            env: raw["env"]
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned())))
                .collect(),
            stdin,
            steps,
            sent,
            stdout: list("stdout").into_iter().map(line_of).collect(),
            stdout_total: raw["stdout_total_lines"].as_u64().map(|n| n as usize),
            stderr: text("stderr").unwrap_or_default(),
            exit_code: raw["exit_code"].as_i64().ok_or("no `exit_code`")?,
            killed: raw["timed_out_killed"] == true,
            files: raw["files"].as_object().cloned(),
            raw,
        })
    }

    /// Whether it is a call at all: some files hold only what was looked at by hand.
    #[must_use]
    pub fn is_call(&self) -> bool {
        !(self.argv.is_empty() && self.env.is_empty())
    }

    /// The group of the case: its name up to the first `_`.
    #[must_use]
    pub fn group(&self) -> &str {
        self.case.split('_').next().unwrap_or(&self.case)
    }

    /// The value of this key in the first line of the same kind, for `<n items, see CASE>`.
    #[must_use]
    pub fn list(&self, key: &str) -> Option<&Vec<Value>> {
        self.stdout.iter().find_map(|line| line[key].as_array())
    }
}

/// `{"t_ms": …, "line": …}`, or, in a compact recording, the line itself.
fn line_of(mut entry: Value) -> Value {
    match entry.as_object_mut() {
        Some(map) if map.contains_key("line") && !map.contains_key("type") => {
            map.remove("line").unwrap_or_default()
        }
        _ => entry,
    }
}

/// Reads a folder: `<version>/<case>.json`, or `<version>.jsonl` with one recording a line.
///
/// # Errors
/// It cannot be read, or holds what is no recording.
pub fn read_folder(folder: &Path) -> Result<Vec<Recording>, Error> {
    let mut all = Vec::new();
    for path in sorted(folder)? {
        if path.is_dir() {
            for file in sorted(&path)? {
                if file.extension().is_some_and(|e| e == "json") {
                    all.push(parse(&file, &read(&file)?)?);
                }
            }
        } else if path.extension().is_some_and(|e| e == "jsonl") {
            all.extend(parse_lines(&path, &read(&path)?)?);
        } else if path.extension().is_some_and(|e| e == "json") {
            all.push(parse(&path, &read(&path)?)?);
        }
    }
    Ok(all)
}

fn sorted(folder: &Path) -> Result<Vec<std::path::PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io(folder, e))?;
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|e| Error::io(path, e))
}

/// Reads recordings, one a line.
///
/// # Errors
/// A line is no recording.
pub(super) fn parse_lines(path: &Path, text: &str) -> Result<Vec<Recording>, Error> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| parse(path, line)).collect()
}

fn parse(path: &Path, text: &str) -> Result<Recording, Error> {
    let fail = |message: String| Error::Recording {
        path: path.to_owned(),
        message,
    };
    let value = serde_json::from_str(text).map_err(|e| fail(e.to_string()))?;
    Recording::read(value).map_err(fail)
}
