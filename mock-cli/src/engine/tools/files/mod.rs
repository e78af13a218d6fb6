//! The tools that work on files, with the result texts of the version.

mod content;
mod edit;
mod image;
mod known;
mod notebook;
mod patch;
mod read;
mod write;

pub(super) use edit::{edit, multi_edit};
pub(super) use known::{By, Known};
pub(super) use notebook::edit as edit_notebook;
pub(super) use read::read;
pub(super) use write::write;

use super::Done;
use crate::profile::{CommandOutput, FileTexts, Profile, Stale};
use crate::protocol::tools::{File, Task};
use crate::protocol::wire::Wire;
use crate::template::{Vars, text};
pub(in crate::engine) use image::base64;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Where a tool works, and what it knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) profile: &'static Profile,
    pub(super) cwd: &'a Path,
    pub(super) known: &'a Known,
}

impl Place<'_> {
    /// The full path of a file.
    fn file(&self, path: &str) -> PathBuf {
        full(self.cwd, path)
    }

    /// A text of the version about this path.
    fn says(&self, name: &str, path: &str) -> String {
        let vars = Vars::new()
            .with("cwd", self.cwd.to_string_lossy().into_owned())
            .with("path", path);
        text(self.profile.text(name), &vars)
    }

    /// Lines with their numbers, of which the first is `first`.
    fn numbered(&self, lines: &[&str], first: i64) -> String {
        let number = |(line, at): (&&str, i64)| match self.profile.behaviour.file_texts {
            FileTexts::Arrows => format!("{at:>6}→{line}"),
            FileTexts::Tabs => format!("{at}\t{line}"),
        };
        let lines: Vec<String> = lines.iter().zip(first..).map(number).collect();
        lines.join("\n")
    }

    /// Why a file may not be changed that is there: nobody has read it, or it has changed since.
    fn unseen(&self, file: &Path, as_a_whole: bool) -> Option<String> {
        let toolbox = &self.profile.toolbox;
        let Some(seen) = self.known.get(file) else {
            // A notebook is to be read in any version.
            let notebook = file.extension().is_some_and(|ending| ending == "ipynb");
            return (notebook || !toolbox.changes_unread).then(|| UNREAD.to_owned());
        };
        let stale = match toolbox.stale {
            Stale::Never => false,
            Stale::Touched => seen.is_stale(file),
            Stale::ChangedOrPart if seen.was_limited() => seen.is_stale(file),
            Stale::ChangedOrPart => seen.differs(file),
            Stale::Changed => as_a_whole && seen.differs(file),
        };
        stale.then(|| STALE.to_owned())
    }
}

const UNREAD: &str = "File has not been read yet. Read it first before writing to it.";
const STALE: &str = "File has been modified since read, either by the user or by a linter. Read it again before attempting to write it.";

/// The full path of a file.
pub(super) fn full(cwd: &Path, path: &str) -> PathBuf {
    cwd.join(path)
}

/// What keeps a tool from working on a file, before anybody is asked.
pub(super) fn objection(place: Place<'_>, tool: &str, input: &Value) -> Option<Done> {
    let file = File::at(input);
    let said = match tool {
        "Read" => return read::objection(place, &file),
        "Write" => write::objection(place, &file),
        "Edit" => edit::objection(place, &file),
        "MultiEdit" => edit::objection_to_many(place, input),
        "NotebookEdit" => notebook::objection(place, input),
        _ => None,
    };
    said.map(|said| {
        // What has gone wrong while it was looked at names itself.
        let structured = match said.starts_with("Error calling tool") {
            true => said.clone(),
            false => format!("Error: {said}"),
        };
        Done::uncalled(&said, structured)
    })
}

/// That a file may not be changed which nobody has read.
pub(super) fn unread() -> Done {
    Done::uncalled(UNREAD, format!("Error: {UNREAD}"))
}

/// The input as the version writes it on stdout: an edit says first whether it replaces all.
pub(crate) fn shown_input(profile: &Profile, tool: &str, input: Value) -> Value {
    let Value::Object(mut map) = input else {
        return input;
    };
    if tool == "Bash" {
        return Value::Object(command_input(profile, map));
    }
    if shows_task(profile, tool) {
        return shown_task(map);
    }
    if tool == "Edit" && profile.behaviour.shows_replace_all {
        edit::trim(&mut map);
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

/// Whether the tool looks at a task, and its input is told as the version reads it.
fn shows_task(profile: &Profile, tool: &str) -> bool {
    let named = tool == "TaskOutput"
        || profile
            .toolbox
            .aliases
            .get(tool)
            .is_some_and(|own| own == "TaskOutput");
    let has = profile.tools.iter().any(|one| one == "TaskOutput");
    let strict = profile.behaviour.file_texts == FileTexts::Arrows;
    has && named && (tool == "TaskOutput" || !strict)
}

/// The input of a tool that looks at a task, with what it stands for.
fn shown_task(map: Map<String, Value>) -> Value {
    let task = Task::of(map);
    let shown = Task {
        task_id: Some(task.id().to_owned()),
        block: Some(task.block.unwrap_or(true)),
        timeout: Some(task.timeout.unwrap_or_else(|| 30_000.into())),
        ..Task::default()
    };
    shown.write()
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
    if map.get("timeout").and_then(Value::as_u64) == Some(0) {
        map.remove("timeout");
    }
    let mut shown = Map::new();
    for key in ["command", "description", "timeout", "run_in_background"] {
        shown.extend(map.remove(key).map(|value| (key.to_owned(), value)));
    }
    shown.append(&mut map);
    shown
}
