//! Which Claude CLI the backend uses.

use std::env;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

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

/// What an interactive login shell prints, as `shell-env` asks it; None where it fails, or takes longer than the limit.
pub(super) fn by_shell(command: &str, limit: Option<Duration>) -> Option<String> {
    let shell = env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    let mut child = Command::new(shell)
        .args(["-ilc", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdout = child.stdout.take()?;
    let (sender, read) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        let _ = sender.send(text);
    });
    let text = match limit {
        Some(limit) => read.recv_timeout(limit).ok(),
        None => read.recv().ok(),
    };
    if text.is_none() {
        let _ = child.kill();
    }
    let _ = child.wait();
    text.filter(|text| !text.is_empty())
}
