//! Hiding files of the host from the run, and keeping folders from being written to.

#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod overlay;
#[cfg(target_os = "linux")]
mod read_only;

use crate::supervise::wire::Setup;
use crate::supervise::{Isolation, IsolationLevel};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What to hide: folders without links in their paths, and names in each.
type Targets = BTreeMap<PathBuf, Vec<OsString>>;

#[cfg(target_os = "linux")]
use namespace::Namespace;

/// Elsewhere there is none to enter.
#[cfg(not(target_os = "linux"))]
#[derive(Default)]
struct Namespace;

/// Hides what is asked for, as far as it exists, and makes folders read-only, as far as the platform allows. Called
/// before anything is started.
pub(super) fn isolate(setup: &Setup) -> Isolation {
    let mut namespace = Namespace::default();
    let mut isolation = hide(setup, &mut namespace);
    // Whatever came of hiding: one does not depend on the other.
    for folder in &setup.read_only {
        match make_read_only(folder, &mut namespace) {
            Ok(()) => isolation.read_only.push(folder.clone()),
            Err(reason) => isolation.writable = Some(reason),
        }
    }
    isolation
}

#[cfg(target_os = "linux")]
fn make_read_only(folder: &Path, namespace: &mut Namespace) -> Result<(), String> {
    read_only::make(folder, namespace)
}

#[cfg(not(target_os = "linux"))]
fn make_read_only(_folder: &Path, _namespace: &mut Namespace) -> Result<(), String> {
    Err(NO_NAMESPACES.to_string())
}

#[cfg(not(target_os = "linux"))]
const NO_NAMESPACES: &str = "only Linux has mount namespaces";

fn hide(setup: &Setup, namespace: &mut Namespace) -> Isolation {
    if setup.hide.is_empty() {
        return open("nothing was to be hidden".to_string());
    }
    let targets = targets(&setup.hide);
    if targets.is_empty() {
        return hidden(Vec::new(), None);
    }
    if let Some(reason) = keeps_out(&targets, setup) {
        return open(reason);
    }
    apply(&targets, setup, namespace)
}

fn open(reason: String) -> Isolation {
    hidden(Vec::new(), Some(reason))
}

/// Masked, unless there is a reason why not.
fn hidden(hidden: Vec<PathBuf>, reason: Option<String>) -> Isolation {
    let level = if reason.is_none() {
        IsolationLevel::Masked
    } else {
        IsolationLevel::Paths
    };
    Isolation {
        level,
        hidden,
        reason,
        read_only: Vec::new(),
        writable: None,
    }
}

#[cfg(target_os = "linux")]
fn apply(targets: &Targets, setup: &Setup, namespace: &mut Namespace) -> Isolation {
    let result = overlay::hide(targets, &setup.scratch, namespace);
    // Believed only when seen.
    let (missing, seen): (Vec<PathBuf>, Vec<PathBuf>) =
        files(targets).partition(|file| is_missing(file));
    let reason = match result {
        Err(reason) => Some(reason),
        Ok(()) => seen
            .first()
            .map(|file| format!("{} is still there", file.display())),
    };
    hidden(missing, reason)
}

#[cfg(not(target_os = "linux"))]
fn apply(_targets: &Targets, _setup: &Setup, _namespace: &mut Namespace) -> Isolation {
    open(NO_NAMESPACES.to_string())
}

/// The files that exist, by folder. Links in the folder's path are resolved (`/bin` may be `/usr/bin`); a file that is
/// itself a link is hidden, not what it points to.
fn targets(hide: &[PathBuf]) -> Targets {
    let mut targets = Targets::new();
    for file in hide.iter().filter(|file| !is_missing(file)) {
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
            continue;
        };
        if let Ok(folder) = folder.canonicalize() {
            let names = targets.entry(folder).or_default();
            if !names.iter().any(|known| known == name) {
                names.push(name.to_os_string());
            }
        }
    }
    targets
}

#[cfg(target_os = "linux")]
fn files(targets: &Targets) -> impl Iterator<Item = PathBuf> {
    targets
        .iter()
        .flat_map(|(folder, names)| names.iter().map(move |name| folder.join(name)))
}

fn is_missing(file: &Path) -> bool {
    matches!(std::fs::symlink_metadata(file), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
}

/// A folder that is laid over takes all that is written below it away with the run: never one above the stage.
fn keeps_out(targets: &Targets, setup: &Setup) -> Option<String> {
    let scratch = setup
        .scratch
        .canonicalize()
        .unwrap_or_else(|_| setup.scratch.clone());
    let above = targets.keys().find(|folder| scratch.starts_with(folder))?;
    Some(format!(
        "{} holds both a file to hide and the stage",
        above.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_resolved_and_files_are_not() {
        let root = tempfile::tempdir().unwrap();
        let real = root.path().canonicalize().unwrap().join("usr-bin");
        std::fs::create_dir(&real).unwrap();
        std::fs::write(real.join("node-18"), "").unwrap();
        std::os::unix::fs::symlink("node-18", real.join("node")).unwrap();
        std::os::unix::fs::symlink(&real, root.path().join("bin")).unwrap();
        let found = targets(&[
            root.path().join("bin/node"),
            real.join("node"),
            real.join("bun"),
        ]);
        assert_eq!(found, Targets::from([(real, vec!["node".into()])]));
    }

    #[test]
    fn a_folder_above_the_stage_is_not_laid_over() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("node");
        std::fs::write(&file, "").unwrap();
        let setup = Setup {
            scratch: root.path().join("stage/supervisor"),
            hide: vec![file.clone()],
            read_only: Vec::new(),
            marker: ("A".to_string(), "b".to_string()),
            portable: false,
            inherit: false,
        };
        std::fs::create_dir_all(&setup.scratch).unwrap();
        let isolation = isolate(&setup);
        assert_eq!(isolation.level, IsolationLevel::Paths);
        assert!(
            isolation
                .reason
                .unwrap()
                .ends_with("holds both a file to hide and the stage")
        );
        assert!(file.exists());
    }
}
