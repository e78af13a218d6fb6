//! What is known of a process.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// A process of the run as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number; with `started` its identity, because numbers are used again.
    pub pid: u32,
    /// Its parent at that moment; an orphan's is the supervisor (Linux) or process 1.
    pub parent: u32,
    /// Its process group; 0 where the platform does not tell.
    pub group: u32,
    /// Its session; 0 where the platform does not tell.
    pub session: u32,
    /// When it was started: clock ticks since boot (Linux), seconds since 1970 (portable). For identity only.
    pub started: u64,
    /// Its short name; a process can change it.
    pub name: String,
    /// Its arguments, the program first; empty where they cannot be read.
    pub command: Vec<String>,
    /// Its state as `ps` prints it: `R` runs, `S` sleeps, `D` waits for a disk, `T` is halted, `Z` is a zombie.
    pub state: char,
    /// Whether the run's marker stands in its environment.
    pub marked: bool,
    /// CPU time that it used itself, in milliseconds (in steps of 10 on Linux).
    pub cpu_ms: u64,
    /// Memory that it holds now (RSS), in kibibytes.
    pub rss_kb: u64,
}

impl Process {
    /// Ended, but its parent has not asked how.
    pub fn is_zombie(&self) -> bool {
        self.state == 'Z'
    }

    pub(super) fn key(&self) -> Key {
        Key {
            pid: self.pid,
            started: self.started,
        }
    }
}

/// What makes a process itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) pid: u32,
    pub(super) started: u64,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It exited with this code.
    Exited(i32),
    /// A signal ended it: its name (`SIGKILL`; `signal 99` where it has none) and number.
    Signaled(String, i32),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Exited(code) => write!(f, "exit {code}"),
            Status::Signaled(name, _) => f.write_str(name),
        }
    }
}

/// A process that outlived what should have ended it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivor {
    /// The process.
    pub process: Process,
    /// Who begot it, nearest first, up to a process that the supervisor started; also the dead. Empty where it came
    /// and was orphaned within two looks and left its group and session too.
    pub ancestry: Vec<Ancestor>,
}

/// A process from which another one descends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    /// Its number.
    pub pid: u32,
    /// Its short name.
    pub name: String,
    /// Its arguments.
    pub command: Vec<String>,
    /// Whether it still lives.
    pub alive: bool,
    /// How the descendant is tied to it.
    pub tie: Tie,
}

/// How a process is known to descend from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tie {
    /// It was seen as its parent.
    Parent,
    /// It leads the group of the descendant, whose parent was never seen alive.
    Group,
    /// It leads the session of the descendant, whose parent was never seen alive.
    Session,
}

/// How a process is doing, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The process.
    pub process: Process,
    /// What it waits for in the kernel; None where that is not told.
    pub wait: Option<String>,
    /// How many descriptors it has open; None where that is not told.
    pub descriptors: Option<u32>,
    /// The TCP ports that it listens on, sorted.
    pub listens: Vec<u16>,
    /// Files that it has open for writing now, sorted; no devices, pipes and sockets.
    pub writes: Vec<PathBuf>,
}

/// A process that listens on a port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Which; None where the system does not say (another user's process).
    pub pid: Option<u32>,
    /// Whether it belongs to this run.
    pub in_run: bool,
}
