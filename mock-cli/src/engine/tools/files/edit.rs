//! `Edit` and `MultiEdit`: a text of a file becomes another one.

use super::content::{Content, is_binary};
use super::patch::patch;
use super::{By, Place, notebook};
use crate::engine::tools::Done;
use crate::protocol::tools::{EditResult, File, MultiEdit, MultiEditResult, OneEdit};
use crate::protocol::wire::{Nullable, Wire};
use crate::template::{Vars, text};
use serde_json::{Map, Value};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Lines that are shown around what was changed.
const AROUND: usize = 4;

/// What is replaced by what.
#[derive(Debug)]
struct Change<'a> {
    path: &'a str,
    old: &'a str,
    new: &'a str,
    all: bool,
}

impl<'a> Change<'a> {
    fn of(input: &'a File) -> Change<'a> {
        Change {
            path: input.file_path.as_deref().unwrap_or_default(),
            old: input.old_string.as_deref().unwrap_or_default(),
            new: input.new_string.as_deref().unwrap_or_default(),
            all: input.replace_all == Some(true),
        }
    }

    fn within(path: &'a str, edit: &'a OneEdit) -> Change<'a> {
        Change {
            path,
            old: edit.old_string.as_deref().unwrap_or_default(),
            new: edit.new_string.as_deref().unwrap_or_default(),
            all: edit.replace_all == Some(true),
        }
    }

    /// What comes of a text.
    fn made(&self, before: &str) -> String {
        if self.old.is_empty() {
            return self.new.to_owned();
        }
        let found = found(before, self.old).unwrap_or_else(|| self.old.to_owned());
        // A line that is removed goes with its end.
        let line = format!("{found}\n");
        let whole_line = self.new.is_empty() && !found.ends_with('\n') && before.contains(&line);
        let old = if whole_line { &line } else { &found };
        match self.all {
            true => before.replace(old, self.new),
            false => before.replacen(old, self.new, 1),
        }
    }
}

/// What keeps an edit from being made, before anybody is asked.
pub(super) fn objection(place: Place<'_>, input: &File) -> Option<String> {
    refusal(place, &Change::of(input))
}

/// The same for many edits of one file: each must fit the file as it is.
pub(super) fn objection_to_many(place: Place<'_>, input: &Value) -> Option<String> {
    let input = MultiEdit::at(input);
    let path = input.file_path.as_deref().unwrap_or_default();
    let mut edits = input.edits.iter().flatten();
    edits.find_map(|edit| refusal(place, &Change::within(path, edit)))
}

fn refusal(place: Place<'_>, change: &Change) -> Option<String> {
    let file = place.file(change.path);
    if change.old == change.new {
        return Some(
            "No changes to make: old_string and new_string are exactly the same.".to_owned(),
        );
    }
    let folder = place.profile.text("edit_folder");
    if file.is_dir() && !folder.is_empty() {
        return Some(folder.to_owned());
    }
    let Ok(bytes) = fs::read(&file) else {
        if file.is_dir() {
            return place.unseen(&file, false);
        }
        return (!change.old.is_empty()).then(|| match place.profile.text("edit_missing") {
            "" => "File does not exist.".to_owned(),
            _ => place.says("edit_missing", change.path),
        });
    };
    let nul = place.profile.text("edit_nul");
    if is_binary(&bytes) && !nul.is_empty() {
        return Some(nul.to_owned());
    }
    let before = Content::of(place.profile, &bytes).text;
    if change.old.is_empty() {
        let blank = before.trim().is_empty();
        return (!blank).then(|| "Cannot create new file - file already exists.".to_owned());
    }
    if notebook::is(change.path) {
        return Some(
            "File is a Jupyter Notebook. Use the NotebookEdit to edit this file.".to_owned(),
        );
    }
    place
        .unseen(&file, false)
        .or_else(|| not_found(change, &before))
}

/// Why an edit cannot be made.
fn not_found(change: &Change, before: &str) -> Option<String> {
    let old = change.old;
    let Some(found) = found(before, old) else {
        return Some(format!(
            "String to replace not found in file.\nString: {old}"
        ));
    };
    match before.matches(&found).count() {
        count if count > 1 && !change.all => Some(format!(
            "Found {count} matches of the string to replace, but replace_all is false. To replace all occurrences, set replace_all to true. To replace only one occurrence, please provide more context to uniquely identify the instance.\nString: {old}"
        )),
        _ => None,
    }
}

/// What stands in a text for what is looked for: curly quotes are as good as straight ones.
fn found(text: &str, sought: &str) -> Option<String> {
    if text.contains(sought) {
        return Some(sought.to_owned());
    }
    let straight = |c: char| match c {
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        c => c,
    };
    let plain: String = text.chars().map(straight).collect();
    let sought: String = sought.chars().map(straight).collect();
    let at = plain[..plain.find(&sought)?].chars().count();
    let found = text.chars().skip(at).take(sought.chars().count());
    Some(found.collect())
}

/// Replaces a text in a file.
pub(in crate::engine::tools) fn edit(place: Place<'_>, input: &Value) -> (Done, Option<By>) {
    let input = File::at(input);
    let change = Change::of(&input);
    let file = place.file(change.path);
    let there = file.exists();
    let bytes = match held(&file) {
        Ok(bytes) => bytes,
        Err(said) => return (Done::failed(&said), None),
    };
    // An empty file that nobody has read is only now seen to be there.
    let surprise = place.profile.text("edit_surprise");
    if change.old.is_empty() && !surprise.is_empty() && there && place.known.get(&file).is_none() {
        return (Done::failed(surprise), None);
    }
    let content = Content::of(place.profile, &bytes);
    let before = &content.text;
    let after = change.made(before);
    if let Err(said) = put(&file, &content.bytes(&after)) {
        return (Done::failed(&said), None);
    }
    let vars = Vars::new()
        .with("path", change.path)
        .with("old", change.old)
        .with("new", change.new)
        .with("snippet", snippet(place, before, &after, &change));
    let unseen = place.profile.toolbox.changes_unread && there && !place.known.has_all(&file);
    let name = match (unseen, change.all) {
        (false, false) => "edit_done",
        (false, true) => "edit_done_all",
        (true, false) => "edit_done_unread",
        (true, true) => "edit_done_all_unread",
    };
    let structured = EditResult {
        path: Some(change.path.to_owned()),
        old_string: Some(found(before, change.old).unwrap_or_default()),
        new_string: Some(change.new.to_owned()),
        patch: Some(patch(before, &after)),
        original: Nullable::Of(before.clone()),
        user_modified: Some(false),
        replace_all: Some(change.all),
        unseen: unseen.then_some(true),
        ..EditResult::default()
    };
    let said = text(place.profile.text(name), &vars);
    (Done::plain(said, structured.write()), Some(By::Written))
}

/// The lines around what was replaced, with their numbers.
fn snippet(place: Place<'_>, before: &str, after: &str, change: &Change) -> String {
    let found = found(before, change.old).unwrap_or_default();
    let at = before[..before.find(&found).unwrap_or(0)]
        .matches('\n')
        .count();
    let lines: Vec<&str> = after.split('\n').collect();
    let from = at.saturating_sub(AROUND);
    let to = (at + change.new.matches('\n').count() + AROUND + 1).min(lines.len());
    let first = i64::try_from(from + 1).unwrap_or(i64::MAX);
    place.numbered(&lines[from.min(to)..to], first)
}

/// Makes several edits of a file.
pub(in crate::engine::tools) fn multi_edit(place: Place<'_>, input: &Value) -> (Done, Option<By>) {
    let input = MultiEdit::at(input);
    let path = input.file_path.clone().unwrap_or_default();
    let file = place.file(&path);
    let bytes = match held(&file) {
        Ok(bytes) => bytes,
        Err(said) => return (Done::failed(&said), None),
    };
    let content = Content::of(place.profile, &bytes);
    let edits = input.edits.clone().unwrap_or_default();
    let mut after = content.text.clone();
    for edit in &edits {
        let change = Change::within(&path, edit);
        if !change.old.is_empty() && found(&after, change.old).is_none() {
            return (
                Done::failed("String not found in file. Failed to apply edit."),
                None,
            );
        }
        after = change.made(&after);
    }
    if let Err(said) = put(&file, &content.bytes(&after)) {
        return (Done::failed(&said), None);
    }
    let quoted = |text: &Option<String>| text.clone().unwrap_or_default();
    let done: Vec<String> = edits
        .iter()
        .enumerate()
        .map(|(at, edit)| {
            let (old, new) = (quoted(&edit.old_string), quoted(&edit.new_string));
            format!("{}. Replaced \"{old}\" with \"{new}\"", at + 1)
        })
        .collect();
    let plural = if edits.len() == 1 { "" } else { "s" };
    let said = format!(
        "Applied {} edit{plural} to {path}:\n{}",
        edits.len(),
        done.join("\n")
    );
    let structured = MultiEditResult {
        path: Some(path),
        edits: Some(edits),
        original: Some(content.text.clone()),
        patch: Some(patch(&content.text, &after)),
        user_modified: Some(false),
        ..MultiEditResult::default()
    };
    (Done::plain(said, structured.write()), Some(By::Written))
}

/// What a file holds; one that is not there yet holds nothing.
pub(super) fn held(file: &Path) -> Result<Vec<u8>, String> {
    match fs::read(file) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        held => held.map_err(|error| fault(&error, file)),
    }
}

/// Writes a file and the folders that it lies in.
pub(super) fn put(file: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder).map_err(|error| fault(&error, file))?;
    fs::write(file, bytes).map_err(|error| fault(&error, file))
}

fn fault(error: &io::Error, file: &Path) -> String {
    use ErrorKind::{AlreadyExists, IsADirectory, NotADirectory, PermissionDenied};
    let file = file.display();
    match error.kind() {
        NotADirectory | AlreadyExists => format!("ENOTDIR: not a directory, open '{file}'"),
        IsADirectory => format!("EISDIR: illegal operation on a directory, open '{file}'"),
        PermissionDenied => format!("EACCES: permission denied, open '{file}'"),
        _ => error.to_string(),
    }
}

/// Takes the blanks away that end the lines of a new text, as newer versions do before anything else; two of them mean
/// something in Markdown.
pub(super) fn trim(map: &mut Map<String, Value>) {
    let path = map.get("file_path").and_then(Value::as_str);
    let markdown = path.is_some_and(|path| path.ends_with(".md") || path.ends_with(".mdx"));
    let Some(Value::String(new)) = map.get_mut("new_string") else {
        return;
    };
    if !markdown {
        let lines: Vec<&str> = new.split('\n').map(str::trim_end).collect();
        *new = lines.join("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change<'a>(old: &'a str, new: &'a str) -> Change<'a> {
        Change {
            path: "f",
            old,
            new,
            all: false,
        }
    }

    /// As all versions do.
    #[test]
    fn a_line_that_is_removed_goes_with_its_end() {
        assert_eq!(change("one", "").made("one\ntwo\n"), "two\n");
        assert_eq!(change("on", "").made("one\ntwo\n"), "e\ntwo\n");
    }

    #[test]
    fn curly_quotes_are_as_good_as_straight_ones() {
        let text = "say “hi”\n";
        assert_eq!(found(text, "say \"hi\"").as_deref(), Some("say “hi”"));
        assert_eq!(change("\"hi\"", "x").made(text), "say x\n");
        assert_eq!(found(text, "no"), None);
    }

    #[test]
    fn lines_of_a_new_text_lose_the_blanks_at_their_end() {
        let trimmed = |path: &str| {
            let mut map = Map::new();
            map.insert("file_path".into(), path.into());
            map.insert("new_string".into(), "a  \nb\t".into());
            trim(&mut map);
            map["new_string"].clone()
        };
        assert_eq!(trimmed("f.rs"), "a\nb");
        assert_eq!(trimmed("f.md"), "a  \nb\t");
    }
}
