//! How far a conversation is in its script, kept from one process to the next: one that is resumed goes on where it was.

use crate::order::SortedMap;
use crate::process::complain;
use crate::session::Session;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is kept of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The script's file.
    script: PathBuf,
    /// How long the transcript was: a shorter one is another conversation, which somebody has put there since.
    transcript: u64,
    /// How often each entry was taken, where there is no ledger that says so.
    pub(crate) entries: SortedMap<usize, u32>,
    /// How many turns of `api_script` were taken.
    pub(crate) turns: usize,
}

/// The memory of a conversation. Without a file nothing outlasts the process.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The folder of a ledger that keeps it; else it lies beside the transcript.
    ledger: Option<PathBuf>,
    progress: Progress,
    /// Whether this process has taken anything.
    changed: bool,
    /// Whether the file says so.
    kept: bool,
}

impl Memory {
    /// What is known of the conversation that a session goes on with.
    pub(crate) fn recall(script: &Path, ledger: Option<&Path>, session: &Session) -> Memory {
        let mut memory = Memory {
            ledger: ledger.map(|dir| dir.join("conversations")),
            progress: Progress {
                script: script.canonicalize().unwrap_or_else(|_| script.to_owned()),
                ..Progress::default()
            },
            ..Memory::default()
        };
        if let Some(id) = &session.resumed
            && let Some(transcript) = &session.file
            && let Some(known) = memory.read(&transcript.with_file_name(format!("{id}.jsonl")), id)
        {
            memory.progress = known;
        }
        memory
    }

    fn read(&self, transcript: &Path, id: &str) -> Option<Progress> {
        let text = fs::read_to_string(self.file(transcript, id)).ok()?;
        let known: Progress = serde_json::from_str(&text).ok()?;
        let length = fs::metadata(transcript).ok()?.len();
        (known.script == self.progress.script && known.transcript <= length).then_some(known)
    }

    fn file(&self, transcript: &Path, id: &str) -> PathBuf {
        match &self.ledger {
            Some(dir) => dir.join(format!("{id}.json")),
            None => transcript.with_file_name(format!(".{id}.mock-claude.json")),
        }
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Notes that an entry was taken. Nothing is written yet: whoever waits for the turn's first line gets it before.
    pub(crate) fn entry_taken(&mut self, entry: usize) {
        *self.progress.entries.get_or_insert_with(entry, || 0) += 1;
        (self.changed, self.kept) = (true, false);
    }

    /// Writes what was taken, unless it is written.
    pub(crate) fn keep_taken(&mut self, session: &Session) {
        if self.changed && !self.kept {
            self.keep(session);
        }
    }

    /// Notes that a turn was taken.
    pub(crate) fn turn_taken(&mut self, session: &Session) {
        self.progress.turns += 1;
        self.changed = true;
        self.keep(session);
    }

    /// Notes how long the transcript has become.
    pub(crate) fn turn_ended(&mut self, session: &Session) {
        if self.changed {
            self.keep(session);
        }
    }

    /// Beside the transcript, what cannot be written is lost without a word, like the transcript. In a ledger somebody
    /// relies on it.
    fn keep(&mut self, session: &Session) {
        self.kept = true;
        let Some(transcript) = &session.file else {
            return;
        };
        self.progress.transcript = fs::metadata(transcript).map_or(0, |file| file.len());
        let file = self.file(transcript, &session.id);
        if let (Some(dir), Ok(text)) = (file.parent(), serde_json::to_string(&self.progress)) {
            let kept = match fs::write(&file, &text) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    fs::create_dir_all(dir).and_then(|()| fs::write(&file, text))
                }
                written => written,
            };
            if let (Err(error), Some(_)) = (kept, &self.ledger) {
                complain(&format!(
                    "mock-claude: failed to write {}: {error}\n",
                    file.display()
                ));
            }
        }
    }
}

/// The most turns of `api_script` that a conversation of a ledger has taken.
pub(crate) fn most_turns(ledger: &Path) -> usize {
    let files = fs::read_dir(ledger.join("conversations"))
        .into_iter()
        .flatten()
        .flatten();
    let turns = files.filter_map(|file| {
        let text = fs::read_to_string(file.path()).ok()?;
        Some(serde_json::from_str::<Progress>(&text).ok()?.turns)
    });
    turns.max().unwrap_or(0)
}
