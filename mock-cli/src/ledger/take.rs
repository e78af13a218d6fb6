//! Claiming entries of the script, also between processes that run at the same time.

use super::write::call_file;
use crate::order::SortedMap;
use crate::script::Script;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Who has taken which entry. With a folder the claim is a name in it, made exclusively; without one it holds for
/// this process only.
#[derive(Debug)]
pub(crate) struct Claims {
    dir: Option<PathBuf>,
    /// The call's own file.
    own: PathBuf,
    local: SortedMap<usize, u32>,
}

impl Claims {
    /// `dir` is the ledger's folder.
    pub(crate) fn new(dir: Option<&Path>, call: u32) -> Self {
        Claims {
            dir: dir.map(|d| d.join("calls")),
            own: dir.map_or_else(PathBuf::new, |d| call_file(d, call)),
            local: SortedMap::new(),
        }
    }

    /// Goes on with what is known of a conversation, where no ledger knows more.
    pub(crate) fn recall(&mut self, entries: &SortedMap<usize, u32>) {
        if self.dir.is_none() {
            self.local
                .extend(entries.iter().map(|(entry, times)| (*entry, *times)));
        }
    }

    /// Takes `entry` once more, unless it was already taken `times` times.
    pub(crate) fn take(&mut self, entry: usize, times: u32) -> io::Result<bool> {
        let count = self.local.get_or_insert_with(entry, || 0);
        let Some(dir) = &self.dir else {
            let free = *count < times;
            *count += u32::from(free);
            return Ok(free);
        };
        // `count` only remembers what was seen to be taken, by anyone.
        while *count < times {
            *count += 1;
            let path = dir.join(format!("taken-{entry}-{count}"));
            match claim(&self.own, &path) {
                Ok(()) => return Ok(true),
                // Others have: all of theirs are seen at once.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let taken = counts(dir).get(&entry).copied().unwrap_or(0);
                    *count = taken.max(*count);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// How often an entry was taken, by anyone, as far as one can see now.
    pub(crate) fn taken(&self, entry: usize) -> u32 {
        match &self.dir {
            Some(dir) => counts(dir).get(&entry).copied().unwrap_or(0),
            None => self.local.get(&entry).copied().unwrap_or(0),
        }
    }
}

/// Makes `path`, where there is none yet: a link to the call's own file, as a new file costs many times as much; an
/// empty file with its folder where that is missing, or the file system has no links.
fn claim(own: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(own, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            let new = OpenOptions::new().write(true).create_new(true).open(path);
            new.map(drop)
        }
        linked => linked,
    }
}

/// The entries of a script that were taken less often than they say, in order, each with how often it was.
#[must_use]
pub fn unused(dir: &Path, script: &Script) -> Vec<(usize, u32)> {
    let counts = counts(&dir.join("calls"));
    let taken = |index| (index, counts.get(&index).copied().unwrap_or(0));
    let all = (0..script.calls.len()).map(taken);
    all.filter(|(index, taken)| *taken < script.calls[*index].times)
        .collect()
}

fn counts(calls: &Path) -> SortedMap<usize, u32> {
    let mut counts = SortedMap::new();
    for entry in fs::read_dir(calls).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let index = name
            .to_str()
            .and_then(|n| n.strip_prefix("taken-")?.split_once('-'))
            .and_then(|(i, _)| i.parse().ok());
        if let Some(index) = index {
            *counts.get_or_insert_with(index, || 0) += 1;
        }
    }
    counts
}
