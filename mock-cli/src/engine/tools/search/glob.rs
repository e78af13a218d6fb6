//! `Glob`: files by their names, those that were changed first ahead.

use super::{Base, Done, pattern, walk};
use crate::profile::{Profile, Search};
use crate::protocol::tools::{GlobResult, Sought};
use crate::protocol::wire::Wire;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// More files are not shown.
const MOST: usize = 100;

/// Finds files.
pub(in crate::engine::tools) fn glob(profile: &'static Profile, input: &Value, cwd: &Path) -> Done {
    let begun = Instant::now();
    let input = Sought::at(input);
    let asked = input.pattern.unwrap_or_default();
    let mut base = Base::of(profile, cwd, input.path.as_deref());
    let (root, sought) = split(&asked);
    if let Some(root) = root {
        base.root = root;
    }
    let plain = profile.toolbox.search == Search::Plain;
    let expression = match plain {
        true => pattern::expression(sought, true),
        false => pattern::floating(sought),
    };
    let fits = |path: &Path| {
        let below = path.strip_prefix(&base.root).ok();
        let below = below.map(|below| below.to_string_lossy().into_owned());
        let known = expression.as_ref();
        below.is_some_and(|below| known.is_some_and(|known| known.is_match(&below)))
    };
    let is_folder = base.root.is_dir();
    let found: Vec<PathBuf> = walk::files(&base.root, &[], !plain, plain)
        .into_iter()
        .map(|found| found.path)
        .filter(|path| is_folder && fits(path))
        .collect();
    let shown: Vec<String> = found
        .iter()
        .take(MOST)
        .map(|path| match profile.toolbox.search {
            Search::Plain | Search::Numbered => path.to_string_lossy().into_owned(),
            Search::Relative | Search::Counted => base.below(path),
        })
        .collect();
    let truncated = found.len() > MOST;
    let mut said = match shown.is_empty() {
        true => "No files found".to_owned(),
        false => shown.join("\n"),
    };
    if truncated {
        said += "\n";
        said += &profile
            .text("glob_truncated")
            .replace("${shown}", &MOST.to_string());
    }
    let counts = matches!(profile.toolbox.search, Search::Relative | Search::Counted);
    let structured = GlobResult {
        count: Some(shown.len() as u64),
        names: Some(shown),
        duration: u64::try_from(begun.elapsed().as_millis()).ok(),
        truncated: Some(truncated),
        total: counts.then_some(found.len() as u64),
        complete: counts.then_some(true),
        ..GlobResult::default()
    };
    Done::plain(said, structured.write())
}

/// A full path's folder, as far as it has no pattern, and the rest.
fn split(asked: &str) -> (Option<PathBuf>, &str) {
    if !asked.starts_with('/') {
        return (None, asked);
    }
    let special = asked.find(['*', '?', '[', '{']).unwrap_or(asked.len());
    let slash = asked[..special].rfind('/').unwrap_or(0);
    let folder = if slash == 0 { "/" } else { &asked[..slash] };
    (Some(PathBuf::from(folder)), &asked[slash + 1..])
}
