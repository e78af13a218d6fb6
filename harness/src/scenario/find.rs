//! Finding scenario files: in the working folder, and those that are embedded in the binary.

use crate::stage::Origin;
use include_dir::{Dir, include_dir};
use std::path::{Path, PathBuf};

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// A scenario's text, not yet read.
#[derive(Debug, Clone)]
pub struct ScenarioFile {
    /// The path under the folder of scenarios, without `.yaml`.
    pub name: String,
    /// The file's name in messages: a path, or `built-in:lanes/a.yaml`.
    pub shown: String,
    /// On disk; None where it is embedded.
    pub path: Option<PathBuf>,
    /// Where its snapshots lie, if not in the working folder's `snapshots`.
    pub snapshots: Option<PathBuf>,
    /// Its text; an error where it could not be read.
    pub text: Result<String, String>,
}

impl ScenarioFile {
    /// Where it came from.
    pub fn origin(&self) -> Origin {
        self.path.clone().map_or(Origin::BuiltIn, Origin::File)
    }
}

/// The scenarios that are embedded in the binary, by name.
pub fn built_in() -> Vec<ScenarioFile> {
    let mut files = Vec::new();
    collect_embedded(&BUILT_IN, &mut files);
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

fn collect_embedded(dir: &Dir<'static>, files: &mut Vec<ScenarioFile>) {
    for file in dir.files() {
        let path = file.path();
        if is_scenario(path) {
            files.push(ScenarioFile {
                name: name_of(path),
                shown: format!("built-in:{}", path.display()),
                path: None,
                snapshots: None,
                text: file
                    .contents_utf8()
                    .map(str::to_owned)
                    .ok_or_else(|| "it is not UTF-8".to_owned()),
            });
        }
    }
    for inner in dir.dirs() {
        if !is_backends(inner.path()) {
            collect_embedded(inner, files);
        }
    }
}

/// The scenarios below a folder, by name; `root` is the folder that names are relative to.
///
/// # Errors
/// A folder cannot be listed.
pub fn find_in(root: &Path, below: &Path) -> std::io::Result<Vec<ScenarioFile>> {
    let mut files = Vec::new();
    collect(root, below, &mut files)?;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn collect(root: &Path, at: &Path, files: &mut Vec<ScenarioFile>) -> std::io::Result<()> {
    if at.is_file() {
        files.push(on_disk(root, at));
        return Ok(());
    }
    for entry in std::fs::read_dir(at)? {
        let path = entry?.path();
        let relative = path.strip_prefix(root).unwrap_or(&path);
        if path.is_dir() && !is_backends(relative) {
            collect(root, &path, files)?;
        } else if path.is_file() && is_scenario(&path) {
            files.push(on_disk(root, &path));
        }
    }
    Ok(())
}

fn on_disk(root: &Path, path: &Path) -> ScenarioFile {
    ScenarioFile {
        name: name_of(path.strip_prefix(root).unwrap_or(path)),
        shown: path.display().to_string(),
        path: Some(path.to_owned()),
        snapshots: None,
        text: std::fs::read_to_string(path).map_err(|error| error.to_string()),
    }
}

fn is_scenario(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "yaml")
}

/// `scenarios/backends/` holds files about backends, which are no scenarios.
fn is_backends(relative: &Path) -> bool {
    relative == Path::new("backends")
}

fn name_of(relative: &Path) -> String {
    let name = relative.with_extension("");
    let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
