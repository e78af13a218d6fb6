//! From what was named to scenario files.

use super::SelectError;
use crate::scenario::{self, ScenarioFile};
use crate::yaml::suggestion;
use std::path::{Path, PathBuf};

/// All scenario files: built-in ones, and those of the working folder, which win.
pub(super) fn available(root: Option<&Path>) -> Result<Vec<ScenarioFile>, SelectError> {
    let mut files = match root {
        Some(root) => find(root, root)?,
        None => Vec::new(),
    };
    for file in scenario::built_in() {
        if !files.iter().any(|own| own.name == file.name) {
            files.push(file);
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The files that one name stands for: a file, a folder, a scenario, a group of scenarios; with `::variant`
/// behind it a single run, which is added to `only`.
pub(super) fn named(
    name: &str,
    root: Option<&Path>,
    available: &[ScenarioFile],
    only: &mut Vec<String>,
) -> Result<Vec<ScenarioFile>, SelectError> {
    let (place, variant) = match name.split_once("::") {
        Some((place, variant)) => (place, Some(variant)),
        None => (name, None),
    };
    let unknown = |help: String| SelectError::Unknown {
        name: name.to_owned(),
        help,
    };
    let path = Path::new(place);
    let found = if path.exists() {
        let found = on_disk(root, path)?;
        if found.is_empty() {
            return Err(unknown(format!(
                "{place} holds no scenario (a file that ends in .yaml)"
            )));
        }
        found
    } else {
        let found = among(available, place, variant.is_none());
        if found.is_empty() {
            let known: Vec<&str> = available.iter().map(|file| file.name.as_str()).collect();
            return Err(unknown(format!(
                "{}; `claude-harness list scenarios`",
                suggestion(place, &known)
            )));
        }
        found
    };
    match (variant, found.as_slice()) {
        (None, _) => {}
        (Some(variant), [file]) if !variant.is_empty() => {
            only.push(format!("{}::{variant}", file.name))
        }
        (Some(_), _) => return Err(unknown("a run is `<scenario>::<variant>`".to_owned())),
    }
    Ok(found)
}

/// Scenarios by name, or all of a group.
fn among(available: &[ScenarioFile], place: &str, groups: bool) -> Vec<ScenarioFile> {
    let plain = place
        .trim_start_matches("scenarios/")
        .trim_end_matches('/')
        .trim_end_matches(".yaml");
    let group = format!("{plain}/");
    let fits =
        |file: &&ScenarioFile| file.name == plain || (groups && file.name.starts_with(&group));
    available.iter().filter(fits).cloned().collect()
}

/// Files below a path. Names are relative to the folder of scenarios in which it lies: the working folder's,
/// else the nearest above that is called `scenarios`, else the path's own; snapshots lie beside that folder.
fn on_disk(root: Option<&Path>, path: &Path) -> Result<Vec<ScenarioFile>, SelectError> {
    if !path.is_dir() && !path.is_file() {
        let error = std::io::Error::other("it is neither a file nor a folder");
        return Err(SelectError::Folder {
            path: path.to_owned(),
            error,
        });
    }
    if let Some(root) = root.filter(|root| relative(root, path).is_some()) {
        let below = relative(root, path).map_or_else(|| path.to_owned(), |rest| root.join(rest));
        return find(root, &below);
    }
    let own = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    let above = path
        .ancestors()
        .find(|above| above.file_name().is_some_and(|name| name == "scenarios"));
    let base = above.unwrap_or(own);
    let beside = above.and_then(Path::parent).unwrap_or(own);
    let mut files = find(base, path)?;
    for file in &mut files {
        file.snapshots = Some(beside.join("snapshots"));
    }
    Ok(files)
}

fn find(root: &Path, below: &Path) -> Result<Vec<ScenarioFile>, SelectError> {
    scenario::find_in(root, below).map_err(|error| SelectError::Folder {
        path: below.to_owned(),
        error,
    })
}

/// The path from `root` on, however either is spelled; None outside of it.
fn relative(root: &Path, path: &Path) -> Option<PathBuf> {
    let (root, path) = (root.canonicalize().ok()?, path.canonicalize().ok()?);
    path.strip_prefix(root).ok().map(Path::to_owned)
}
