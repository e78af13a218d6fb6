//! Hooks that are commands, while they run.

use crate::invocation::as_child;
use crate::process::{Arrival, HookEnd};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

/// Starts a command in a process group of its own; its end arrives in the inbox under the number `run`, when it has
/// ended and nobody holds its output any more. Returns the group.
pub(super) fn start(
    command: &str,
    input: String,
    cwd: &Path,
    environment: &[(&str, String)],
    call: u32,
    inbox: Sender<Arrival>,
    run: u64,
) -> io::Result<i32> {
    let mut process = Command::new("/bin/sh");
    process
        .args(["-c", command])
        .current_dir(cwd)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .env("CLAUDE_PROJECT_DIR", cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    as_child(&mut process, call);
    let mut child = process.spawn()?;
    let group = i32::try_from(child.id()).map_err(io::Error::other)?;
    if let Some(mut stdin) = child.stdin.take() {
        let write = move || {
            // A hook need not read what it is told.
            let _ = stdin.write_all(input.as_bytes());
        };
        // What a pipe may not take at once waits on a thread of its own: the command may write before it reads.
        thread::Builder::new()
            .name("hook-input".into())
            .spawn(write)?;
    }
    thread::Builder::new().name("hook".into()).spawn(move || {
        let end = match child.wait_with_output() {
            Ok(output) => HookEnd {
                code: output.status.code(),
                stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
                stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            },
            Err(error) => HookEnd::failed(&error),
        };
        // The engine is gone only when the process is.
        let _ = inbox.send(Arrival::Hook { run, end });
    })?;
    Ok(group)
}
