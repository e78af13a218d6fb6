//! What a supervisor wrote down of its run while it went on: readable also when everybody was killed.

use super::{Event, Process, Status};
use mock_claude::protocol::decode::lines;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

/// The journal's name in the supervisor's scratch folder: one JSON object a line.
pub const FILE: &str = "events.jsonl";

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When the supervisor saw it, in milliseconds since it was ready.
    pub ms: u64,
    /// What happened.
    pub event: Event,
}

/// A process of a run, from its first sight to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Life {
    /// The process as it was seen last.
    pub process: Process,
    /// Its parent when it was seen first.
    pub parent: u32,
    /// When it was seen first, in milliseconds since the supervisor was ready.
    pub born_ms: u64,
    /// When it was seen to be gone.
    pub died_ms: Option<u64>,
    /// How it ended, where that is known.
    pub status: Option<Status>,
}

/// Reads the journal in a scratch folder; a line that was cut off by a kill is left out.
pub fn read(scratch: &Path) -> Vec<Entry> {
    let text = std::fs::read(scratch.join(FILE)).unwrap_or_default();
    lines(&text)
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}

/// The processes of a journal, in the order of their births.
pub fn lives(entries: &[Entry]) -> Vec<Life> {
    let mut lives: Vec<Life> = Vec::new();
    let mut living: HashMap<u32, usize> = HashMap::new();
    for entry in entries {
        match &entry.event {
            Event::Born(process) => {
                living.insert(process.pid, lives.len());
                lives.push(Life {
                    process: process.clone(),
                    parent: process.parent,
                    born_ms: entry.ms,
                    died_ms: None,
                    status: None,
                });
            }
            Event::Became(process) => {
                if let Some(index) = living.get(&process.pid) {
                    lives[*index].process.clone_from(process);
                }
            }
            Event::Died { pid, status } => {
                if let Some(index) = living.remove(pid) {
                    lives[index].died_ms = Some(entry.ms);
                    lives[index].status.clone_from(status);
                }
            }
            Event::Log { .. } => {}
        }
    }
    lives
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_was_cut_off_is_read_up_to_there() {
        let dir = tempfile::tempdir().unwrap();
        let whole = Entry {
            ms: 3,
            event: Event::Died {
                pid: 7,
                status: Some(Status::Exited(1)),
            },
        };
        let line = serde_json::to_string(&whole).unwrap();
        std::fs::write(
            dir.path().join(FILE),
            format!("{line}\n{}", &line[..line.len() / 2]),
        )
        .unwrap();
        assert_eq!(read(dir.path()), [whole]);
    }
}
