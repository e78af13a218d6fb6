//! The tools that find files: `Glob` by their names, `Grep` by what stands in them.

mod glob;
mod grep;
mod pattern;
mod walk;

pub(super) use glob::glob;
pub(super) use grep::grep;

use super::Done;
use crate::profile::{Profile, Search};
use crate::protocol::tools::Sought;
use crate::template::{Vars, text};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where a search begins, and how its paths are shown.
#[derive(Debug)]
struct Base<'a> {
    profile: &'static Profile,
    cwd: &'a Path,
    root: PathBuf,
}

impl<'a> Base<'a> {
    fn of(profile: &'static Profile, cwd: &'a Path, path: Option<&str>) -> Base<'a> {
        Base {
            profile,
            cwd,
            root: path.map_or_else(|| cwd.to_owned(), |path| cwd.join(path)),
        }
    }

    /// A path below the working folder, where it lies there.
    fn below(&self, path: &Path) -> String {
        let below = path.strip_prefix(self.cwd).unwrap_or(path);
        below.to_string_lossy().into_owned()
    }
}

/// What keeps a search from being made, before anybody is asked: its place is not there.
pub(super) fn objection(
    profile: &'static Profile,
    tool: &str,
    input: &Value,
    cwd: &Path,
) -> Option<Done> {
    let early = profile.toolbox.search != Search::Counted;
    let said = lost(profile, tool, input, cwd).filter(|_| early)?;
    Some(Done::uncalled(&said, format!("Error: {said}")))
}

/// The same, where the version looks only when it searches.
pub(super) fn missing(
    profile: &'static Profile,
    tool: &str,
    input: &Value,
    cwd: &Path,
) -> Option<Done> {
    lost(profile, tool, input, cwd).map(|said| Done::failed(&said))
}

fn lost(profile: &'static Profile, tool: &str, input: &Value, cwd: &Path) -> Option<String> {
    let path = Sought::at(input).path?;
    let place = cwd.join(&path);
    let name = match tool {
        "Glob" if !place.exists() => "glob_missing",
        "Glob" if !place.is_dir() => "glob_file",
        "Grep" if !place.exists() => "grep_missing",
        _ => return None,
    };
    let vars = Vars::new()
        .with("path", path)
        .with("cwd", cwd.to_string_lossy().into_owned());
    let said = text(profile.text(name), &vars);
    (!said.is_empty()).then_some(said)
}
