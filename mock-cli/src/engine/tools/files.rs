//! The tools that work on files, with the result texts of the version.

use super::Done;
use crate::profile::{CommandOutput, FileTexts, Profile};
use crate::protocol::tools::{EditResult, WriteResult};
use crate::protocol::wire::{Nullable, Wire};
use crate::template::{Vars, text};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Reads a file.
pub(super) fn read(profile: &Profile, input: &Value, cwd: &Path) -> Done {
    let path = path(input);
    let whole = match fs::read(cwd.join(path)) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            let vars = Vars::new()
                .with("cwd", cwd.to_string_lossy().into_owned())
                .with("path", path);
            let folder = error.kind() == std::io::ErrorKind::IsADirectory;
            let name = if folder {
                "read_folder"
            } else {
                "read_missing"
            };
            return Done::failed(&text(profile.text(name), &vars));
        }
    };
    let lines: Vec<&str> = whole.split('\n').collect();
    let number = |key: &str| input[key].as_u64().and_then(|n| usize::try_from(n).ok());
    let first = number("offset").unwrap_or(1).max(1);
    let count = number("limit").unwrap_or(2000);
    let shown: Vec<&str> = lines.iter().skip(first - 1).take(count).copied().collect();
    let mut content = numbered(profile, &shown, first);
    content.push_str(profile.text("read_reminder"));
    let structured = json!({"type": "text", "file": {
        "filePath": path, "content": shown.join("\n"), "numLines": shown.len(),
        "startLine": first, "totalLines": lines.len(),
    }});
    Done::plain(content, structured)
}

fn numbered(profile: &Profile, lines: &[&str], first: usize) -> String {
    let number = |(i, line): (usize, &&str)| match profile.behaviour.file_texts {
        FileTexts::Arrows => format!("{:>6}→{line}", first + i),
        FileTexts::Tabs => format!("{}\t{line}", first + i),
    };
    lines
        .iter()
        .enumerate()
        .map(number)
        .collect::<Vec<_>>()
        .join("\n")
}

/// What keeps a tool from changing a file, before anybody is asked: older versions must have read one that was there, and
/// an edit must find what it replaces.
pub(super) fn objection(
    profile: &Profile,
    tool: &str,
    input: &Value,
    cwd: &Path,
    known: &BTreeSet<String>,
) -> Option<Done> {
    let path = path(input);
    let before = fs::read_to_string(cwd.join(path));
    let reads_first = profile.text("edit_done_unread").is_empty();
    let unread = || {
        (reads_first && !known.contains(path))
            .then(|| "File has not been read yet. Read it first before writing to it.".to_owned())
    };
    let said = match (tool, before) {
        ("Write", Ok(_)) => unread(),
        // Where a missing file is a fault of the call it is seen before anything else.
        ("Read", Err(error))
            if error.kind() == std::io::ErrorKind::NotFound
                && profile.text("read_missing").starts_with('<') =>
        {
            Some("File does not exist.".to_owned())
        }
        ("Edit", _) if input.get("old_string") == input.get("new_string") => {
            Some("No changes to make: old_string and new_string are exactly the same.".to_owned())
        }
        ("Edit", Err(_)) => Some(match profile.text("edit_missing") {
            "" => "File does not exist.".to_owned(),
            missing => text(
                missing,
                &Vars::new().with("cwd", cwd.to_string_lossy().into_owned()),
            ),
        }),
        ("Edit", Ok(before)) => unread().or_else(|| not_found(input, &before)),
        _ => None,
    };
    said.map(|said| {
        let structured = format!("Error: {said}");
        Done::uncalled(&said, structured)
    })
}

/// Why an edit cannot be made.
fn not_found(input: &Value, before: &str) -> Option<String> {
    let (old, all) = (word(input, "old_string"), replaces_all(input));
    match before.matches(old).count() {
        found if found == 0 || old.is_empty() => Some(format!(
            "String to replace not found in file.\nString: {old}"
        )),
        found if found > 1 && !all => Some(format!(
            "Found {found} matches of the string to replace, but replace_all is false. To replace all occurrences, set replace_all to true. To replace only one occurrence, please provide more context to uniquely identify the instance.\nString: {old}"
        )),
        _ => None,
    }
}

fn replaces_all(input: &Value) -> bool {
    input.get("replace_all") == Some(&Value::Bool(true))
}

/// Writes a file.
pub(super) fn write(profile: &Profile, input: &Value, cwd: &Path) -> Done {
    let (path, content) = (path(input), word(input, "content"));
    let file = cwd.join(path);
    let before = fs::read_to_string(&file).ok();
    if let Err(error) = file
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&file, content))
    {
        return Done::failed(&error.to_string());
    }
    let vars = Vars::new().with("path", path);
    let (name, kind) = match before {
        None => ("write_created", "create"),
        Some(_) => ("write_updated", "update"),
    };
    let patch = match &before {
        Some(old) => patch(old, content),
        None => json!([]),
    };
    let tabs = profile.behaviour.file_texts == FileTexts::Tabs;
    let structured = WriteResult {
        kind: Some(kind.to_owned()),
        path: Some(path.to_owned()),
        content: Some(content.to_owned()),
        patch: Some(patch),
        original: Nullable::there(before),
        user_modified: tabs.then_some(false),
        ..WriteResult::default()
    };
    Done::plain(text(profile.text(name), &vars), structured.write())
}

/// Replaces a text in a file.
pub(super) fn edit(profile: &Profile, input: &Value, cwd: &Path, known: &BTreeSet<String>) -> Done {
    let (path, old, new) = (
        path(input),
        word(input, "old_string"),
        word(input, "new_string"),
    );
    let all = replaces_all(input);
    let file = cwd.join(path);
    let Ok(before) = fs::read_to_string(&file) else {
        return Done::error("File does not exist.");
    };
    let after = if all {
        before.replace(old, new)
    } else {
        before.replacen(old, new, 1)
    };
    if let Err(error) = fs::write(&file, &after) {
        return Done::failed(&error.to_string());
    }
    let at = before[..before.find(old).unwrap_or(0)]
        .matches('\n')
        .count();
    let lines: Vec<&str> = after.split('\n').collect();
    let (from, to) = (
        at.saturating_sub(4),
        (at + new.matches('\n').count() + 5).min(lines.len()),
    );
    let vars = Vars::new()
        .with("path", path)
        .with("old", old)
        .with("new", new)
        .with("snippet", numbered(profile, &lines[from..to], from + 1));
    let special = match (known.contains(path), all) {
        _ if profile.text("edit_done_unread").is_empty() && all => "edit_done_all",
        (false, _) => "edit_done_unread",
        (true, true) => "edit_done_all",
        (true, false) => "",
    };
    let name = match profile.text(special) {
        "" => "edit_done",
        _ => special,
    };
    let unseen = special == "edit_done_unread" && name == special;
    let structured = EditResult {
        path: Some(path.to_owned()),
        old_string: Some(old.to_owned()),
        new_string: Some(new.to_owned()),
        patch: Some(patch(&before, &after)),
        original: Nullable::Of(before),
        user_modified: Some(false),
        replace_all: Some(all),
        unseen: unseen.then_some(true),
        ..EditResult::default()
    };
    Done::plain(text(profile.text(name), &vars), structured.write())
}

/// Follows a line without its end.
const NO_NEWLINE: &str = "\\ No newline at end of file";

/// One hunk that leads from a text to another, with three lines around it.
fn patch(before: &str, after: &str) -> Value {
    /// Stands behind a last line without its end, as no line has it.
    const OPEN: char = '\n';
    let lines = |text: &str| -> Vec<String> {
        let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        if lines.last().is_some_and(String::is_empty) {
            lines.pop();
        } else if let Some(last) = lines.last_mut() {
            last.push(OPEN);
        }
        lines
    };
    let (a, b) = (lines(before), lines(after));
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = a.len().min(b.len()) - same;
    let tail = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take(rest)
        .take_while(|(x, y)| x == y)
        .count();
    if same == a.len() && same == b.len() {
        return json!([]);
    }
    let from = same.saturating_sub(3);
    let (a_end, b_end) = (a.len() - tail, b.len() - tail);
    let after_end = (a_end + 3).min(a.len());
    let marked = |mark: &str, lines: &[String]| {
        lines
            .iter()
            .flat_map(|l| match l.strip_suffix(OPEN) {
                Some(l) => vec![format!("{mark}{l}"), NO_NEWLINE.to_owned()],
                None => vec![format!("{mark}{l}")],
            })
            .collect::<Vec<_>>()
    };
    let hunk = [
        marked(" ", &a[from..same]),
        marked("-", &a[same..a_end]),
        marked("+", &b[same..b_end]),
        marked(" ", &a[a_end..after_end]),
    ]
    .concat();
    let around = same - from + after_end - a_end;
    json!([{
        "oldStart": from + 1, "oldLines": a_end - same + around,
        "newStart": from + 1, "newLines": b_end - same + around, "lines": hunk,
    }])
}

fn path(input: &Value) -> &str {
    word(input, "file_path")
}

fn word<'a>(input: &'a Value, key: &str) -> &'a str {
    input[key].as_str().unwrap_or_default()
}

/// The input as the version writes it on stdout: an edit says first whether it replaces all.
pub(crate) fn shown_input(profile: &Profile, tool: &str, input: Value) -> Value {
    let Value::Object(mut map) = input else {
        return input;
    };
    if tool == "Bash" {
        return Value::Object(command_input(profile, map));
    }
    let all = map.shift_remove("replace_all");
    let says =
        tool == "Edit" && profile.behaviour.shows_replace_all && map.contains_key("old_string");
    let mut shown = Map::new();
    if let Some(all) = all.or(says.then_some(Value::Bool(false))) {
        shown.insert("replace_all".into(), all);
    }
    shown.extend(map);
    Value::Object(shown)
}

/// A command's input in the order that the CLI gives it, where nothing is wrong with it.
fn command_input(profile: &Profile, mut map: Map<String, Value>) -> Map<String, Value> {
    let given = Value::Object(map.clone());
    if map.is_empty() || super::check::fault(profile, "Bash", &given).is_some() {
        return map;
    }
    let drops = profile.behaviour.command_output == CommandOutput::ApartWithoutCode;
    if drops && map.get("run_in_background") == Some(&Value::Bool(false)) {
        map.remove("run_in_background");
    }
    let mut shown = Map::new();
    for key in ["command", "description", "timeout", "run_in_background"] {
        shown.extend(map.remove(key).map(|value| (key.to_owned(), value)));
    }
    shown.append(&mut map);
    shown
}
