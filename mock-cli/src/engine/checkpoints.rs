//! Files as they were before each prompt, for clients that want them back (`rewind_files`).

use super::Engine;
use super::tools::ToolCall;
use crate::order::SortedMap;
use crate::process::Quit;
use crate::protocol::control::RewindFiles;
use crate::protocol::tools::File;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What files were before the tools of each prompt changed them.
#[derive(Debug, Default)]
pub(super) struct Checkpoints(Vec<Checkpoint>);

/// The files that the tools of one prompt changed.
#[derive(Debug)]
struct Checkpoint {
    prompt: String,
    /// What they were before; None: they were not there.
    before: SortedMap<PathBuf, Option<Vec<u8>>>,
}

impl Checkpoints {
    /// A prompt begins.
    pub(super) fn begin(&mut self, prompt: &str) {
        self.0.push(Checkpoint {
            prompt: prompt.to_owned(),
            before: SortedMap::new(),
        });
    }

    /// A file is about to be changed.
    fn note(&mut self, file: PathBuf) {
        if let Some(now) = self.0.last_mut() {
            let before = || fs::read(&file).ok();
            now.before.get_or_insert_with(file.clone(), before);
        }
    }

    /// What files were before a prompt; None where there is no such prompt.
    fn before(&self, prompt: &str) -> Option<SortedMap<&Path, Option<&[u8]>>> {
        let at = self.0.iter().position(|one| one.prompt == prompt)?;
        let mut files = SortedMap::new();
        // The first change of a file tells what it was.
        for (file, before) in self.0[at..].iter().flat_map(|one| &one.before) {
            files.get_or_insert_with(file.as_path(), || before.as_deref());
        }
        Some(files)
    }
}

impl Engine {
    /// Whether files are kept.
    fn keeps_files(&self) -> bool {
        let wanted = self
            .setup
            .settings
            .var("CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING");
        wanted.is_some_and(|value| matches!(value.as_str(), "1" | "true" | "yes" | "on"))
    }

    /// Keeps what is changed from this prompt on for itself.
    pub(super) fn keep_files_from(&mut self, prompt: &str) {
        if self.keeps_files() {
            self.conversation.checkpoints.begin(prompt);
        }
    }

    /// Keeps the file that a call is about to change.
    pub(super) fn keep_file(&mut self, call: &ToolCall) {
        if !matches!(call.name.as_str(), "Write" | "Edit" | "NotebookEdit") || !self.keeps_files() {
            return;
        }
        if let Some(path) = File::at(&call.input).file_path {
            let file = self.setup.cwd.join(path);
            self.conversation.checkpoints.note(file);
        }
    }

    /// Puts files back to what they were before a prompt, or tells what that would change.
    pub(super) fn rewind(&mut self, id: Option<Value>, request: &RewindFiles) -> Result<(), Quit> {
        let dry = request.dry_run == Some(true);
        let prompt = request.user_message_id.as_deref().unwrap_or_default();
        let files = match self.conversation.checkpoints.before(prompt) {
            _ if !self.keeps_files() => Err("File rewinding is not enabled."),
            None => Err("No file checkpoint found for this message."),
            Some(files) => Ok(files),
        };
        let payload = match files {
            Err(why) if dry => json!({"canRewind": false, "error": why}),
            Err(why) => return self.fail(id, why, None),
            Ok(files) if dry => told(&files),
            Ok(files) => {
                let put_all = files
                    .iter()
                    .try_for_each(|(file, before)| put(file, *before));
                if let Err(error) = put_all {
                    return self.fail(id, &error.to_string(), None);
                }
                let links = !self.setup.profile.text("rewind_links").is_empty();
                match links {
                    true => json!({"canRewind": true, "skippedLinks": 0}),
                    false => json!({"canRewind": true}),
                }
            }
        };
        self.succeed(id, payload)
    }
}

/// What would change.
fn told(files: &SortedMap<&Path, Option<&[u8]>>) -> Value {
    let (mut changed, mut insertions, mut deletions) = (Vec::new(), 0, 0);
    for (file, before) in files {
        let now = fs::read(file).ok();
        if now.as_deref() == *before {
            continue;
        }
        let text =
            |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
        let (now, then) = (text(now.as_deref()), text(*before));
        let (gone, new) = differing(&now, &then);
        deletions += gone;
        insertions += new;
        changed.push(file.to_string_lossy().into_owned());
    }
    json!({"canRewind": true, "filesChanged": changed, "insertions": insertions, "deletions": deletions})
}

/// How many lines of one text and of the other lie between what both begin and end with.
fn differing(one: &str, other: &str) -> (usize, usize) {
    let (one, other): (Vec<&str>, Vec<&str>) = (one.lines().collect(), other.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let start = one.iter().zip(&other).take_while(same).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev());
    let end = end.take_while(same).count();
    (one.len() - end, other.len() - end)
}

fn put(file: &Path, before: Option<&[u8]>) -> io::Result<()> {
    match before {
        Some(bytes) => fs::write(file, bytes),
        None => match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_differ_are_counted() {
        assert_eq!(differing("two\n", ""), (1, 0));
        assert_eq!(differing("a\nb\nc\n", "a\nx\ny\nc\n"), (1, 2));
        assert_eq!(differing("a\n", "a\n"), (0, 0));
    }
}
