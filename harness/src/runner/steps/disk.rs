//! Changing the disk between steps, and opening gates of the script.

use super::Steps;
use crate::runner::perform::{PerformError, failed};
use crate::scenario::Removed;
use crate::timeline::StepSeen;
use mock_claude::sidecar;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

impl Steps<'_> {
    /// Opens a gate of the script: whoever waits there, or comes there later, goes on.
    pub(super) fn release(&mut self, gate: &str) -> Result<(), PerformError> {
        let folder = self.run.stage.ledger.join("gates");
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join(gate), ""))
            .map_err(|error| failed("open a gate")(error.to_string()))?;
        self.seen.push(StepSeen::Release(gate.to_owned()));
        Ok(())
    }

    pub(super) fn remove(&mut self, what: &Removed) -> Result<(), PerformError> {
        let stage = self.run.stage;
        let (what, mut paths) = match what {
            Removed::Project => ("the project".to_owned(), vec![stage.project.clone()]),
            // An npm package has two ways in.
            Removed::Cli => (
                "the CLI".to_owned(),
                vec![stage.cli.clone(), stage.native_cli.clone()],
            ),
            Removed::Path(below) => (below.clone(), vec![stage.home.join(below)]),
        };
        paths.dedup();
        for path in paths {
            remove(&path, &stage.root)
                .map_err(|error| failed(&format!("remove {what}"))(error.to_string()))?;
        }
        self.seen.push(StepSeen::Disk(format!("removed {what}")));
        Ok(())
    }

    /// A version of the CLI under another name where a link leads to it, as the native installer has it; else the same
    /// place, as npm does it.
    pub(super) fn replace_cli(&mut self) -> Result<(), PerformError> {
        let stage = self.run.stage;
        replace(&stage.cli, &stage.root)
            .map_err(|error| failed("replace the CLI")(error.to_string()))?;
        self.seen
            .push(StepSeen::Disk("replaced the CLI".to_owned()));
        Ok(())
    }
}

/// Removes a file, a link or a folder. A link on the way must not lead off the stage.
fn remove(path: &Path, root: &Path) -> io::Result<()> {
    stays_on(path, root)?;
    if path.symlink_metadata()?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

fn replace(cli: &Path, root: &Path) -> io::Result<()> {
    stays_on(cli, root)?;
    if !cli.symlink_metadata()?.is_symlink() {
        let next = beside(cli, ".next");
        copy(cli, &next)?;
        // As npm does it: for a moment there is none.
        fs::remove_file(cli)?;
        return fs::rename(&next, cli);
    }
    let old = cli.canonicalize()?;
    stays_on(&old, root)?;
    let new = beside(&old, ".updated");
    copy(&old, &new)?;
    let link = beside(cli, ".next");
    symlink(&new, &link)?;
    fs::rename(&link, cli)?;
    if let (Some(role), Some(to)) = (sidecar::file_beside(&old), sidecar::file_beside(&new))
        && role.exists()
    {
        fs::rename(role, to)?;
    }
    fs::remove_file(old)
}

/// A link where it is an executable: writing one while other threads start processes gives ETXTBSY.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

fn stays_on(path: &Path, root: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path).canonicalize()?;
    if folder.starts_with(root.canonicalize()?) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "it leads off the stage",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_off_the_stage_is_not_followed() {
        let (stage, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(other.path().join("kept"), "").unwrap();
        symlink(other.path(), stage.path().join("link")).unwrap();
        let error = remove(&stage.path().join("link/kept"), stage.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        remove(&stage.path().join("link"), stage.path()).unwrap();
        assert!(other.path().join("kept").exists());
    }

    #[test]
    fn an_update_moves_the_link_and_takes_the_old_version_away() {
        let stage = tempfile::tempdir().unwrap();
        let versions = stage.path().join("versions");
        fs::create_dir(&versions).unwrap();
        fs::write(versions.join("1"), "cli").unwrap();
        fs::write(versions.join(".1.harness.json"), "role").unwrap();
        let cli = stage.path().join("claude");
        symlink(versions.join("1"), &cli).unwrap();
        replace(&cli, stage.path()).unwrap();
        assert!(!versions.join("1").exists());
        assert_eq!(fs::read_to_string(&cli).unwrap(), "cli");
        assert!(versions.join(".1.updated.harness.json").exists());
    }

    #[test]
    fn a_file_is_replaced_in_its_place() {
        let stage = tempfile::tempdir().unwrap();
        let cli = stage.path().join("cli.js");
        fs::write(&cli, "cli").unwrap();
        replace(&cli, stage.path()).unwrap();
        assert_eq!(fs::read_to_string(&cli).unwrap(), "cli");
        assert_eq!(fs::read_dir(stage.path()).unwrap().count(), 1);
    }
}
