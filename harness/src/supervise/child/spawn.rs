//! Starting a process of the run.

use super::prepare::prepare;
use super::terminal;
use super::wire::Inherited;
use crate::supervise::Stdio as Kind;
use crate::supervise::error::{errno_name, errno_text};
use crate::supervise::{SpawnFailure, SpawnSpec, Step};
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// A process that was started, and the supervisor's ends of its pipes.
pub(super) struct Spawned {
    pub(super) pid: u32,
    pub(super) stdin: Option<PipeWriter>,
    pub(super) stdout: Option<PipeReader>,
    pub(super) stderr: Option<PipeReader>,
}

/// Where a new process finds what it is to share with the harness.
pub(super) struct Surroundings<'a> {
    pub(super) marker: &'a (String, String),
    pub(super) inherited: Option<&'a Inherited>,
    /// The harness' process group, when it is in the same session.
    pub(super) harness_group: Option<i32>,
}

pub(super) fn spawn(spec: &SpawnSpec, around: &Surroundings<'_>) -> Result<Spawned, SpawnFailure> {
    let mut command = Command::new(&spec.program);
    command
        .args(&spec.args)
        .env_clear()
        .envs(&spec.env)
        .env(&around.marker.0, &around.marker.1);
    command.current_dir(&spec.cwd);
    if let Some(user) = spec.user {
        // As root, std leaves all other groups, too.
        command.uid(user).gid(user);
    }
    if let Some(name) = &spec.arg0 {
        command.arg0(name);
    }
    let (wired, terminal) = wire_up(&mut command, spec, around)
        .map_err(|error| failure(spec, &error, Step::Preparation))?;
    if !spec.new_session && !spec.terminal {
        let inherits = [spec.stdin, spec.stdout, spec.stderr].contains(&Kind::Inherit);
        // Never the supervisor's own group: a backend that ends "its" group would take the supervisor along.
        command.process_group(around.harness_group.filter(|_| inherits).unwrap_or(0));
    }
    prepare(&mut command, spec, terminal);
    match command.spawn() {
        // The handle is dropped without waiting: all waiting is done in one place.
        Ok(child) => Ok(Spawned {
            pid: child.id(),
            ..wired
        }),
        Err(error) => {
            let step = if std::fs::metadata(&spec.cwd).is_ok_and(|cwd| cwd.is_dir()) {
                Step::Program
            } else {
                Step::WorkingDirectory
            };
            Err(failure(spec, &error, step))
        }
    }
}

fn wire_up(
    command: &mut Command,
    spec: &SpawnSpec,
    around: &Surroundings<'_>,
) -> io::Result<(Spawned, Option<OwnedFd>)> {
    let pair = spec.terminal.then(terminal::open).transpose()?;
    let mut wired = Spawned {
        pid: 0,
        stdin: None,
        stdout: None,
        stderr: None,
    };
    command.stdin(match spec.stdin {
        Kind::Pipe => {
            let (theirs, ours) = io::pipe()?;
            wired.stdin = Some(ours);
            theirs.into()
        }
        Kind::DeadReader => io::pipe()?.0.into(),
        Kind::Terminal => on_terminal(pair.as_ref())?,
        kind => plain(kind, around, 0)?,
    });
    command.stdout(match spec.stdout {
        Kind::Terminal => on_terminal(pair.as_ref())?,
        kind => output(kind, around, 1, &mut wired.stdout)?,
    });
    command.stderr(match spec.stderr {
        Kind::Terminal => on_terminal(pair.as_ref())?,
        kind => output(kind, around, 2, &mut wired.stderr)?,
    });
    let Some(pair) = pair else {
        return Ok((wired, None));
    };
    // The terminal lives as long as its other end is held: until the process ends, as its silent input is, and beyond
    // that where it is read.
    if [spec.stdout, spec.stderr].contains(&Kind::Terminal) {
        let ours = pair.ours.try_clone()?;
        let slot = if spec.stdout == Kind::Terminal {
            &mut wired.stdout
        } else {
            &mut wired.stderr
        };
        *slot = Some(ours.into());
    }
    if wired.stdin.is_none() {
        wired.stdin = Some(pair.ours.into());
    }
    Ok((wired, Some(pair.theirs)))
}

fn on_terminal(pair: Option<&terminal::Pair>) -> io::Result<Stdio> {
    match pair {
        Some(pair) => Ok(pair.theirs.try_clone()?.into()),
        None => Err(io::Error::other(
            "a stream is to be on a terminal, and there is none",
        )),
    }
}

fn output(
    kind: Kind,
    around: &Surroundings<'_>,
    index: usize,
    ours: &mut Option<PipeReader>,
) -> io::Result<Stdio> {
    if kind == Kind::DeadReader {
        // Its reader is dropped here.
        return Ok(io::pipe()?.1.into());
    }
    if kind != Kind::Pipe {
        return plain(kind, around, index);
    }
    let (reader, theirs) = io::pipe()?;
    *ours = Some(reader);
    Ok(theirs.into())
}

fn plain(kind: Kind, around: &Surroundings<'_>, index: usize) -> io::Result<Stdio> {
    match (kind, around.inherited) {
        (Kind::Inherit, Some(inherited)) => Ok(inherited[index].try_clone()?.into()),
        (Kind::Inherit, None) => Err(io::Error::other(
            "the harness' own descriptors were not passed on at launch",
        )),
        // A closed one is closed just before exec; until then it must not be the supervisor's.
        _ => Ok(Stdio::null()),
    }
}

fn failure(spec: &SpawnSpec, error: &io::Error, step: Step) -> SpawnFailure {
    SpawnFailure {
        program: spec.program.clone(),
        errno: errno_name(error),
        text: errno_text(error),
        step,
    }
}
