//! Running a command for real.

use crate::invocation::as_child;
use crate::process::Arrival;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
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
    /// Where the shell leaves its working folder.
    folder: PathBuf,
}

/// What a command wrote.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) out: String,
    pub(super) err: String,
}

/// Where and how a command runs.
pub(super) struct Place<'p> {
    pub(super) cwd: &'p Path,
    /// What settings add to the environment.
    pub(super) environment: &'p [(String, String)],
    /// The folder for what only this process needs.
    pub(super) private: &'p Path,
    /// The number of this call in the ledger.
    pub(super) call: u32,
}

/// Starts a command in a process group of its own; its end arrives in the inbox under the number `job`.
pub(super) fn start(
    command: &str,
    place: &Place<'_>,
    to: Output<'_>,
    inbox: Sender<Arrival>,
    job: u64,
) -> io::Result<Running> {
    let private = place.private;
    let out = match to {
        Output::File(path) => created(path)?,
        Output::Merged | Output::Apart => scratch(private, job, "out")?,
    };
    let err = if to != Output::Apart {
        None
    } else {
        Some(scratch(private, job, "err")?)
    };
    let shell = if Path::new("/bin/bash").exists() {
        "/bin/bash"
    } else {
        "/bin/sh"
    };
    let folder = private.join(format!("{job}-cwd"));
    let mut process = Command::new(shell);
    process
        // A command that goes well leaves its folder to the next one.
        .args(["-c", r#"eval "$1" && pwd -P >|"$2""#, shell, command])
        .arg(&folder)
        .current_dir(place.cwd)
        .envs(place.environment.iter().map(|(name, value)| (name, value)))
        .env("CLAUDECODE", "1")
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(err.as_ref().unwrap_or(&out).try_clone()?)
        .process_group(0);
    as_child(&mut process, place.call);
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
    Ok(Running {
        group,
        out,
        err,
        folder,
    })
}

/// Where a command's output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output<'p> {
    /// To one place, in the order of writing.
    Merged,
    /// To two.
    Apart,
    /// To this file.
    File(&'p Path),
}

/// A file that others may read.
fn created(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
}

impl Running {
    /// Its process group.
    pub(in crate::engine) fn group(&self) -> i32 {
        self.group
    }

    /// What it has written so far.
    pub(in crate::engine) fn so_far(&self) -> String {
        let read = |file: &File| file.try_clone().map(|mut file| contents(&mut file));
        let out = read(&self.out).unwrap_or_default();
        let err = self
            .err
            .as_ref()
            .and_then(|file| read(file).ok())
            .unwrap_or_default();
        err + &out
    }

    /// The folder that it has left to the next one.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let text = std::fs::read_to_string(&self.folder).ok()?;
        // Nobody needs it any more.
        let _ = std::fs::remove_file(&self.folder);
        Some(PathBuf::from(text.trim_end_matches('\n')))
    }

    /// What it has written.
    pub(super) fn output(mut self) -> Written {
        Written {
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

/// A folder of the process's own, in which nobody else can have put anything before.
pub(super) fn private_folder() -> io::Result<PathBuf> {
    use std::hash::{BuildHasher, RandomState};
    let process = std::process::id();
    loop {
        // Without a secret its name could be guessed, and something else be there first.
        let secret = RandomState::new().hash_one(process);
        let path = std::env::temp_dir().join(format!("mock-claude-{process}-{secret:016x}"));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// A file that nobody else can find.
fn scratch(private: &Path, job: u64, stream: &str) -> io::Result<File> {
    let path = private.join(format!("{job}-{stream}"));
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(true)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}
