//! Which Claude CLI the backend uses.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The first executable file of this name on the process's PATH.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// What `which NAME` answers, as claude-code-webui looks for its CLI: None also where there is no `which`.
pub(super) fn by_which(name: &str) -> Option<PathBuf> {
    let output = Command::new("which")
        .arg(name)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    let path = path.trim();
    (output.status.success() && !path.is_empty()).then(|| PathBuf::from(path))
}
