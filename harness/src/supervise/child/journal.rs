//! Writing the run's journal as it goes on.

use crate::supervise::Event;
use crate::supervise::journal::{Entry, FILE};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// How many bytes of log lines are kept; births and deaths always are.
const LOGS: usize = 8 * 1024 * 1024;

pub(super) struct Journal {
    file: Option<File>,
    started: Instant,
    logs_left: usize,
}

impl Journal {
    pub(super) fn open(scratch: &Path) -> Journal {
        let file = File::create(scratch.join(FILE));
        if let Err(error) = &file {
            eprintln!("claude-harness supervisor: there will be no journal: {error}");
        }
        Journal {
            file: file.ok(),
            started: Instant::now(),
            logs_left: LOGS,
        }
    }

    /// Writes one event down at once: there may be no later.
    pub(super) fn note(&mut self, event: &Event) {
        let Some(file) = &mut self.file else { return };
        if let Event::Log { line, .. } = event {
            let Some(left) = self.logs_left.checked_sub(line.len()) else {
                return;
            };
            self.logs_left = left;
        }
        let entry = Entry {
            ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            event: event.clone(),
        };
        let Ok(mut line) = serde_json::to_vec(&entry) else {
            return;
        };
        line.push(b'\n');
        if let Err(error) = file.write_all(&line) {
            eprintln!("claude-harness supervisor: the journal ends here: {error}");
            self.file = None;
        }
    }
}
