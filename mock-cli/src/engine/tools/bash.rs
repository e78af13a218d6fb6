//! Running a command for real.

use crate::invocation::FACE_VARIABLES;
use crate::process::Arrival;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

/// A command that runs. Its output goes to files, so that nobody who inherits them can hold up the end.
#[derive(Debug)]
pub(crate) struct Running {
    pub(super) group: i32,
    out: File,
    /// None: both streams go to `out`, in the order in which they are written.
    err: Option<File>,
}

/// What a command wrote.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) out: String,
    pub(super) err: String,
}

/// Starts a command in a process group of its own; its end arrives in the inbox under the number `job`.
pub(super) fn start(
    command: &str,
    cwd: &Path,
    merged: bool,
    inbox: Sender<Arrival>,
    job: u64,
) -> io::Result<Running> {
    let out = scratch(job, "out")?;
    let err = if merged {
        None
    } else {
        Some(scratch(job, "err")?)
    };
    let shell = if Path::new("/bin/bash").exists() {
        "/bin/bash"
    } else {
        "/bin/sh"
    };
    let mut process = Command::new(shell);
    process
        .args(["-c", command])
        .current_dir(cwd)
        .env("CLAUDECODE", "1")
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(err.as_ref().unwrap_or(&out).try_clone()?)
        .process_group(0);
    for name in FACE_VARIABLES {
        process.env_remove(name);
    }
    let mut child = process.spawn()?;
    let group = i32::try_from(child.id()).unwrap_or(0);
    thread::Builder::new().name("tool".into()).spawn(move || {
        let code = match child.wait() {
            Ok(status) => status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            Err(_) => 1,
        };
        // The engine is gone only when the process is.
        let _ = inbox.send(Arrival::Tool { job, code });
    })?;
    Ok(Running { group, out, err })
}

impl Running {
    /// What it has written.
    pub(super) fn output(mut self) -> Output {
        Output {
            out: contents(&mut self.out),
            err: self.err.as_mut().map(contents).unwrap_or_default(),
        }
    }
}

fn contents(file: &mut File) -> String {
    let mut bytes = Vec::new();
    // A file that cannot be read back has nothing to say.
    if file
        .rewind()
        .and_then(|()| file.read_to_end(&mut bytes))
        .is_err()
    {
        bytes.clear();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A file that nobody else can find.
fn scratch(job: u64, stream: &str) -> io::Result<File> {
    let name = format!("mock-claude-{}-{job}-{stream}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(true)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}
