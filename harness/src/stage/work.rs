//! The folder that all stages of one process lie in, and the cleaning up after processes that were killed.

use super::error::StageError;
use super::ground::OWN;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

const PREFIX: &str = "claude-harness-";
const LOCK: &str = "lock";
const KEPT: &str = "kept";

/// `<temp>/claude-harness-<random>`: removed on drop, except for stages that are kept.
#[derive(Debug)]
pub(crate) struct WorkRoot {
    path: PathBuf,
    /// Locked while this process lives, so that others can see that the folder is in use.
    _lock: File,
}

impl WorkRoot {
    /// Makes the folder, and removes those of dead processes.
    pub(crate) fn create() -> Result<Self, StageError> {
        Self::create_in(&temp())
    }

    fn create_in(temp: &Path) -> Result<Self, StageError> {
        sweep(temp);
        let path = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(temp)
            .map_err(StageError::io("make a folder in", temp))?
            .keep();
        // The lock appears under its name only once it is held; a folder without one is left alone by others.
        let unborn = path.join("lock.new");
        let lock = File::create(&unborn).map_err(StageError::io("create", &unborn))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|errno| StageError::io("lock", &unborn)(errno.into()))?;
        fs::rename(&unborn, path.join(LOCK)).map_err(StageError::io("rename", &unborn))?;
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WorkRoot {
    fn drop(&mut self) {
        clear(&self.path);
    }
}

/// Marks a stage as one that is to stay.
pub(crate) fn mark_as_kept(stage: &Path) -> std::io::Result<()> {
    File::create(stage.join(OWN).join(KEPT)).map(drop)
}

/// Where work folders lie: resolved, and short, because the path of a Unix socket may have 104 bytes only.
fn temp() -> PathBuf {
    let temp = if cfg!(target_os = "macos") {
        PathBuf::from("/tmp")
    } else {
        std::env::temp_dir()
    };
    temp.canonicalize().unwrap_or(temp)
}

/// Removes the work folders whose processes are gone.
fn sweep(temp: &Path) {
    for entry in fs::read_dir(temp).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // In a folder that everybody may write to, a link could lead anywhere, and a folder be anyone's.
        let own = entry.metadata().is_ok_and(|metadata| {
            metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw()
        });
        if !own {
            continue;
        }
        // There is no lock yet in a folder that is being made.
        let Ok(lock) = File::open(entry.path().join(LOCK)) else {
            continue;
        };
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            clear(&entry.path());
        }
    }
}

/// Removes everything but kept stages. What cannot be removed stays, for the next sweep.
fn clear(work: &Path) {
    let mut kept = false;
    for entry in fs::read_dir(work).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.join(OWN).join(KEPT).exists() {
            kept = true;
        } else if entry.file_name() != LOCK {
            let _ = fs::remove_dir_all(&path);
        }
    }
    if !kept && fs::remove_file(work.join(LOCK)).is_ok() {
        let _ = fs::remove_dir(work);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_process_s_folder_is_swept_and_a_live_one_s_is_not() {
        let temp = tempfile::tempdir().unwrap();
        let live = WorkRoot::create_in(temp.path()).unwrap();
        let dead = temp.path().join("claude-harness-dead01");
        for stage in ["stage", "keepme"] {
            fs::create_dir_all(dead.join(stage).join(OWN)).unwrap();
        }
        mark_as_kept(&dead.join("keepme")).unwrap();
        File::create(dead.join(LOCK)).unwrap();
        let unborn = temp.path().join("claude-harness-unborn");
        fs::create_dir(&unborn).unwrap();

        let elsewhere = tempfile::tempdir().unwrap();
        fs::create_dir(elsewhere.path().join("precious")).unwrap();
        File::create(elsewhere.path().join(LOCK)).unwrap();
        let link = temp.path().join("claude-harness-link");
        std::os::unix::fs::symlink(elsewhere.path(), link).unwrap();

        drop(WorkRoot::create_in(temp.path()).unwrap());

        assert!(live.path().join(LOCK).exists());
        assert!(unborn.exists());
        assert!(!dead.join("stage").exists());
        assert!(dead.join("keepme").exists());
        assert!(elsewhere.path().join("precious").exists());
        let path = live.path().to_owned();
        drop(live);
        assert!(!path.exists());
    }
}
