//! The tools of the host that a stage links to.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Where a host keeps what belongs to its system, in the order in which libc's default path has them; asked
/// before PATH, which may lead to the shims of version managers.
const SYSTEM: &[&str] = &["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// A directory of the host that commands can be found in, beyond PATH: what absolute probes of apps look at.
const WELL_KNOWN: &[&str] = &[
    "/usr/bin",
    "/bin",
    "/usr/sbin",
    "/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/opt/local/bin",
    "/home/linuxbrew/.linuxbrew/bin",
    "/snap/bin",
];

/// Whether a path leads to a file that somebody may execute.
pub(crate) fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// An executable of the host: the one that a variable names, or that PATH has.
pub(crate) fn find_program(variable: &str, name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let on_path = host_path().into_iter().map(|folder| folder.join(name));
    let mut all = named.into_iter().chain(on_path);
    all.find(|candidate| is_executable(candidate))
}

/// The host's command of this name: from the same directory, from the system's, or from PATH.
pub(crate) fn on_host(name: &str, same: &str) -> Option<PathBuf> {
    let system = std::iter::once(same).chain(SYSTEM.iter().copied());
    system
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .chain(host_path())
        .map(|folder| folder.join(name))
        .find(|candidate| is_executable(candidate))
}

/// Every place of the host where one of these commands is found: on PATH and in the well-known directories.
pub(crate) fn everywhere(names: &[&str]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = host_path()
        .into_iter()
        .chain(WELL_KNOWN.iter().map(PathBuf::from))
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .filter(|candidate| is_executable(candidate))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Where apps look for a command without asking PATH.
pub(crate) fn absolute_places(names: &[&str]) -> Vec<PathBuf> {
    WELL_KNOWN
        .iter()
        .flat_map(|folder| names.iter().map(move |name| Path::new(folder).join(name)))
        .collect()
}

fn host_path() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .filter(|folder| folder.is_absolute())
        .collect()
}
