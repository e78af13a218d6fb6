//! How a process is started and stopped.

use super::Signal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Everything about a process to start; nothing is inherited from the harness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpawnSpec {
    /// The executable; a name without a slash is looked up on the PATH of `env`.
    pub program: PathBuf,
    /// What the process finds as its own name; the program where None.
    pub arg0: Option<OsString>,
    /// The arguments after the name.
    pub args: Vec<OsString>,
    /// The whole environment; the run's marker is added to it.
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub cwd: PathBuf,
    /// Descriptor 0.
    pub stdin: Stdio,
    /// Descriptor 1.
    pub stdout: Stdio,
    /// Descriptor 2.
    pub stderr: Stdio,
    /// Whether it leads a new session (and so has no controlling terminal). Else it leads a group of its own in the
    /// supervisor's session; with [`Stdio::Inherit`] it joins the harness' group, so that a terminal serves it.
    pub new_session: bool,
    /// Whether it has a terminal of its own, whose session it then leads. The terminal hangs up when it ends.
    pub terminal: bool,
    /// The user and group that it becomes, without any other group; needs root. None: the harness' own.
    pub user: Option<u32>,
    /// The file mode creation mask; None: the harness' own.
    pub umask: Option<u32>,
    /// The soft limit of open descriptors; the hard one stays (and caps it).
    pub nofile: Option<u64>,
    /// The soft limit of core files, in bytes.
    pub core: Option<u64>,
}

impl SpawnSpec {
    /// `program` in `cwd`, without arguments and environment, stdin null, output piped.
    pub fn new(program: PathBuf, cwd: PathBuf) -> SpawnSpec {
        SpawnSpec {
            program,
            arg0: None,
            args: Vec::new(),
            env: BTreeMap::new(),
            cwd,
            stdin: Stdio::Null,
            stdout: Stdio::Pipe,
            stderr: Stdio::Pipe,
            new_session: false,
            terminal: false,
            user: None,
            umask: None,
            nofile: None,
            core: None,
        }
    }

    /// The same with these arguments added.
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> SpawnSpec {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// The same with this variable set.
    pub fn env(mut self, name: &str, value: &str) -> SpawnSpec {
        self.env.insert(name.to_string(), value.to_string());
        self
    }
}

/// What stands behind a standard descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stdio {
    /// `/dev/null`.
    Null,
    /// Output: a pipe that is read all the time, its lines are [`super::Event::Log`]. Input: a pipe on which nothing
    /// ever comes and that ends with the process.
    Pipe,
    /// A pipe whose other end is closed before the process starts: output fails with `EPIPE`, input is at its end.
    DeadReader,
    /// The controlling terminal; needs [`SpawnSpec::terminal`]. What is written to it is read as what is written to a
    /// pipe is, the streams together as [`super::Stream::Stdout`].
    Terminal,
    /// Nothing: the descriptor is closed.
    Closed,
    /// The harness' own descriptor; needs [`super::Launch::inherit`].
    Inherit,
}

/// How the backend is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopSpec {
    /// The request.
    pub signal: Signal,
    /// How long it may take; then it is killed.
    pub grace: Duration,
}

impl Default for StopSpec {
    /// `SIGTERM` and ten seconds.
    fn default() -> StopSpec {
        StopSpec {
            signal: Signal::Term,
            grace: Duration::from_secs(10),
        }
    }
}
