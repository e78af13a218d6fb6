//! The files below a folder.

use crate::order;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) changed: SystemTime,
}

/// All files below a folder, the folder's own if it is one, without folders of these names, in the order in which they
/// were changed last. Links to files are left out, or are files of their own.
pub(super) fn files(root: &Path, without: &[&str], hidden: bool, links: bool) -> Vec<Found> {
    let mut found = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let Ok(entries) = fs::read_dir(&path) else {
            found.extend(one(path));
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if without.contains(&name.as_str()) || (!hidden && name.starts_with('.')) {
                continue;
            }
            // A link to a folder leads nowhere.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => left.push(entry.path()),
                Ok(kind) if kind.is_symlink() && !links => {}
                Ok(_) if !entry.path().is_dir() => found.extend(one(entry.path())),
                _ => {}
            }
        }
    }
    order::sort_by(&mut found, |a, b| {
        (a.changed, &a.path).cmp(&(b.changed, &b.path))
    });
    found
}

fn one(path: PathBuf) -> Option<Found> {
    let changed = fs::symlink_metadata(&path).and_then(|about| about.modified());
    let changed = changed.unwrap_or(SystemTime::UNIX_EPOCH);
    path.is_file().then_some(Found { path, changed })
}
