//! What the model has seen of files.

use crate::order::SortedMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The files that the model has seen, by their full paths.
#[derive(Debug, Default)]
pub(in crate::engine) struct Known(SortedMap<PathBuf, Seen>);

/// What was seen of one file.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) struct Seen {
    /// How it was seen.
    pub(super) by: By,
    /// When the file was changed last.
    changed: Option<SystemTime>,
    /// What stood in it.
    content: Vec<u8>,
}

/// How a file was seen.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::engine) enum By {
    /// It was written.
    Written,
    /// It was read: from where, how much, and whether that was all of it.
    Read {
        offset: i64,
        limit: Option<i64>,
        whole: bool,
    },
}

impl Known {
    /// Notes that a file was seen.
    pub(in crate::engine) fn see(&mut self, file: &Path, by: By) {
        let seen = Seen {
            by,
            changed: changed(file),
            content: fs::read(file).unwrap_or_default(),
        };
        self.0.insert(file.to_owned(), seen);
    }

    /// How a file was seen.
    pub(super) fn get(&self, file: &Path) -> Option<&Seen> {
        self.0.get(file)
    }

    /// Whether anything of a file was seen.
    pub(in crate::engine) fn has(&self, file: &Path) -> bool {
        self.0.contains_key(file)
    }

    /// Whether all of a file was seen.
    pub(super) fn has_all(&self, file: &Path) -> bool {
        let all = |seen: &Seen| !matches!(seen.by, By::Read { whole: false, .. });
        self.0.get(file).is_some_and(all)
    }
}

impl Seen {
    /// Whether the file was written to since it was read.
    pub(super) fn is_stale(&self, file: &Path) -> bool {
        self.by != By::Written && self.changed != changed(file)
    }

    /// Whether only some lines were asked for.
    pub(super) fn was_limited(&self) -> bool {
        matches!(self.by, By::Read { limit: Some(_), .. })
    }

    /// Whether other things stand in the file since it was read.
    pub(super) fn differs(&self, file: &Path) -> bool {
        self.is_stale(file) && fs::read(file).is_ok_and(|now| now != self.content)
    }
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|about| about.modified()).ok()
}
