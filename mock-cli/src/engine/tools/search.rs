//! `Glob` and `Grep`, as far as scripts use them: patterns of names, and lines that an expression finds.

use super::Done;
use crate::permissions::glob_matches;
use crate::profile::{FileTexts, Profile};
use crate::protocol::tools::{Glob, Grep};
use regex_lite::Regex;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How many names `Glob` tells.
const MOST: usize = 100;

/// Files whose names fit a pattern.
pub(super) fn glob(profile: &Profile, input: &Value, cwd: &Path) -> Done {
    let input = Glob::at(input);
    let pattern = input.pattern.unwrap_or_default();
    let below = cwd.join(input.path.unwrap_or_default());
    let mut found: Vec<(SystemTime, PathBuf)> = files(&below)
        .into_iter()
        .filter(|file| {
            let name = file.strip_prefix(&below).unwrap_or(file);
            glob_matches(&pattern, &name.to_string_lossy())
        })
        .filter_map(|file| Some((fs::metadata(&file).ok()?.modified().ok()?, file)))
        .collect();
    found.sort();
    let newest = profile.behaviour.file_texts == FileTexts::Tabs;
    if !profile.text("agent_file").is_empty() {
        found.reverse();
    }
    let total = found.len();
    found.truncate(MOST);
    let names: Vec<String> = found
        .iter()
        .map(|(_, file)| match newest {
            true => shown(file, cwd),
            false => file.to_string_lossy().into_owned(),
        })
        .collect();
    let mut structured = json!({
        "filenames": names, "durationMs": 1, "numFiles": names.len(), "truncated": total > MOST,
    });
    if newest {
        structured["totalMatches"] = total.into();
        structured["countIsComplete"] = true.into();
    }
    let said = match names.is_empty() {
        true => "No files found".to_owned(),
        false => names.join("\n"),
    };
    Done::plain(said, structured)
}

/// Lines or files in which an expression finds something.
pub(super) fn grep(profile: &Profile, input: &Value, cwd: &Path) -> Done {
    let input = Grep::at(input);
    let mut pattern = input.pattern.unwrap_or_default();
    if input.ignore_case == Some(true) {
        pattern.insert_str(0, "(?i)");
    }
    let Ok(expression) = Regex::new(&pattern) else {
        return Done::error(&format!("{pattern} is no regular expression"));
    };
    let newest = profile.behaviour.file_texts == FileTexts::Tabs;
    let relative = !profile.text("agent_file").is_empty();
    let numbered = input.numbers.unwrap_or(relative);
    let below = cwd.join(input.path.unwrap_or_default());
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for file in files(&below) {
        let name = match relative {
            true => shown(&file, cwd),
            false => file.to_string_lossy().into_owned(),
        };
        if input
            .glob
            .as_deref()
            .is_some_and(|glob| !glob_matches(glob, &name))
        {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap_or_default();
        let lines = text.lines().enumerate();
        let lines = lines.filter(|(_, line)| expression.is_match(line));
        let lines: Vec<String> = lines
            .map(|(at, line)| match numbered {
                true => format!("{name}:{}:{line}", at + 1),
                false => format!("{name}:{line}"),
            })
            .collect();
        if !lines.is_empty() {
            found.push((name, lines));
        }
    }
    let lines: usize = found.iter().map(|(_, lines)| lines.len()).sum();
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    match input.output_mode.as_deref() {
        Some("content") => {
            let all: Vec<&str> = found
                .iter()
                .flat_map(|(_, lines)| lines)
                .map(String::as_str)
                .collect();
            let content = all.join("\n");
            let mut structured = json!({
                "mode": "content", "numFiles": 0, "filenames": [], "content": content, "numLines": lines,
            });
            if newest {
                structured["totalLines"] = lines.into();
            }
            let said = if content.is_empty() {
                "No matches found"
            } else {
                &content
            };
            Done::plain(said, structured)
        }
        _ => {
            let mut structured =
                json!({"mode": "files_with_matches", "filenames": names, "numFiles": names.len()});
            if newest {
                structured["totalFiles"] = names.len().into();
            }
            let count = names.len();
            let s = if count == 1 { "" } else { "s" };
            let said = match count {
                0 => "No files found".to_owned(),
                _ => format!("Found {count} file{s}\n{}", names.join("\n")),
            };
            Done::plain(said, structured)
        }
    }
}

/// A file's name as seen from the working folder.
fn shown(file: &Path, cwd: &Path) -> String {
    file.strip_prefix(cwd)
        .unwrap_or(file)
        .to_string_lossy()
        .into_owned()
}

/// All files below a folder, but for hidden ones; a file is itself.
fn files(below: &Path) -> Vec<PathBuf> {
    if below.is_file() {
        return vec![below.to_owned()];
    }
    let mut all = Vec::new();
    let entries = fs::read_dir(below).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !path.is_symlink() {
            if !hidden {
                all.extend(files(&path));
            }
        } else if !hidden {
            all.push(path);
        }
    }
    all
}
