//! Writing a call's file.

use super::secrets::Secrets;
use super::{Event, Start};
use crate::json::{self, Escapes};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How much of a line of stdout is kept.
pub const KEPT_CHARS: usize = 4096;

/// The open file of one call. Clones write to the same file; without a folder nothing is kept.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    file: Arc<Mutex<Option<File>>>,
    secrets: Arc<Secrets>,
}

impl Ledger {
    /// Claims the next number in `dir` and writes the start event, which `start` makes for that number.
    ///
    /// # Errors
    /// Where the folder cannot be made or no file can be created in it.
    pub fn open(dir: &Path, start: impl FnOnce(u32) -> Start) -> io::Result<(Ledger, u32)> {
        let calls = dir.join("calls");
        let mut number = match next_guess(&calls) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&calls)?;
                1
            }
            guess => guess?,
        };
        let file = loop {
            let path = call_file(dir, number);
            // What a call says is its user's own business.
            let mut options = OpenOptions::new();
            options.append(true).create_new(true).mode(0o600);
            match options.open(path) {
                Ok(file) => break file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        };
        let ledger = Ledger {
            file: Arc::new(Mutex::new(Some(file))),
            secrets: Arc::new(Secrets::of_process()),
        };
        ledger.note(Event::Start(start(number)));
        Ok((ledger, number))
    }

    /// Notes a line of stdout, as far as it is kept.
    pub fn note_stdout(&self, line: &str) {
        let end = match line.len() {
            // No character is shorter than a byte.
            ..=KEPT_CHARS => None,
            _ => line.char_indices().nth(KEPT_CHARS),
        };
        let kept = end.map_or(line, |(at, _)| &line[..at]);
        self.note(Event::Stdout {
            line: kept.to_owned(),
        });
    }

    /// Writes one event in one system call, so that what was noted survives a SIGKILL.
    ///
    /// A ledger that cannot be written any more (its folder was removed, the disk is full) is given up without
    /// a word: the stand-in then still behaves as the CLI does.
    pub fn note(&self, event: Event) {
        let Ok(line) = written(&event) else {
            return;
        };
        let mut line = self.secrets.masked(line);
        line.push('\n');
        if let Ok(mut file) = self.file.lock()
            && let Some(open) = file.as_mut()
        {
            let failed = open.write_all(line.as_bytes()).is_err();
            // An exit is the last word: another thread may still go on for a moment.
            if failed || matches!(event, Event::Exit { .. }) {
                *file = None;
            }
        }
    }
}

/// The file of a call.
pub(super) fn call_file(dir: &Path, call: u32) -> PathBuf {
    dir.join(format!("calls/{call:04}.jsonl"))
}

/// The number after the highest one there is: only a first guess, creating the file decides.
fn next_guess(calls: &Path) -> io::Result<u32> {
    let mut highest = 0;
    for entry in fs::read_dir(calls)? {
        let name = entry?.file_name();
        let number = name
            .to_str()
            .and_then(|n| n.strip_suffix(".jsonl"))
            .and_then(|n| n.parse().ok());
        highest = highest.max(number.unwrap_or(0));
    }
    Ok(highest + 1)
}

/// A line of stdout is written by hand: nothing else in a ledger is as long, and a client waits.
fn written(event: &Event) -> serde_json::Result<String> {
    let Event::Stdout { line } = event else {
        return serde_json::to_string(event);
    };
    let mut text = r#"{"event":"stdout","line":"#.to_owned();
    json::quote(line, Escapes::None, &mut text);
    text.push('}');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_by_hand_is_as_any_other_event() {
        let line = "{\"a\": \"\\n\u{1}\u{2028}é\"}\n".to_owned();
        let event = Event::Stdout { line };
        let expected = serde_json::to_string(&event).unwrap();
        assert_eq!(written(&event).unwrap(), expected);
    }
}
