//! Paths as the rules see them: without `.` and `..`, with links followed.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// A full path without `.` and `..`, from the words alone.
#[must_use]
pub(crate) fn normalise(path: &Path, cwd: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in cwd.join(path).components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The same, with `~` for the home folder.
#[must_use]
pub(crate) fn expand(text: &str, cwd: &Path, home: &Path) -> PathBuf {
    match text.strip_prefix('~') {
        Some("") => home.to_owned(),
        Some(rest) if rest.starts_with('/') => normalise(Path::new(&rest[1..]), home),
        _ => normalise(Path::new(text), cwd),
    }
}

/// Where a path leads when its links are followed; what is not there is taken as it is written. None where the links
/// lead in a circle.
#[must_use]
pub(crate) fn resolve(path: &Path) -> Option<PathBuf> {
    let mut found = path.to_owned();
    let mut missing: Vec<OsString> = Vec::new();
    let mut links = 0;
    loop {
        if let Ok(real) = found.canonicalize() {
            return Some(
                missing
                    .iter()
                    .rev()
                    .fold(real, |path, name| path.join(name)),
            );
        }
        // A link to something that is not there leads there all the same.
        if let Ok(target) = found.read_link() {
            links += 1;
            if links > 40 {
                return None;
            }
            let parent = found.parent().map(Path::to_owned).unwrap_or_default();
            found = normalise(&target, &parent);
            continue;
        }
        let name = found.file_name()?.to_owned();
        missing.push(name);
        if !found.pop() {
            return None;
        }
    }
}

/// Files that the CLI protects even where edits are accepted: settings of shells, editors and tools.
#[must_use]
pub(super) fn is_sensitive(path: &Path, base: &Path) -> bool {
    const FOLDERS: [&str; 5] = [".git", ".vscode", ".idea", ".husky", ".devcontainer"];
    const FILES: [&str; 17] = [
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".bash_logout",
        ".zshrc",
        ".zprofile",
        ".zshenv",
        ".profile",
        ".npmrc",
        ".gitconfig",
        ".gitmodules",
        ".ripgreprc",
        ".mcp.json",
        ".claude.json",
        ".envrc",
        ".yarnrc",
        ".yarnrc.yml",
    ];
    let below = path.strip_prefix(base).unwrap_or(path);
    let mut parts = below
        .components()
        .filter_map(|part| part.as_os_str().to_str());
    let folder = parts.any(|part| FOLDERS.contains(&part) || part == ".claude");
    let name = path.file_name().and_then(|name| name.to_str());
    folder || name.is_some_and(|name| FILES.contains(&name))
}

/// Whether a path is one of the CLI's own: settings, commands, agents, skills.
#[must_use]
pub(super) fn is_own_settings(path: &Path) -> bool {
    let parts: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    parts.windows(2).any(|pair| {
        let own = [
            "commands",
            "agents",
            "skills",
            "settings.json",
            "settings.local.json",
        ];
        pair[0] == ".claude" && own.contains(&pair[1])
    })
}
