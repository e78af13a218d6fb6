//! The preflight: where do programs turn up that the stage did not provide?

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What to look for, and in which ways. It is done inside the run's namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The programs, e.g. `node`, `claude`, `bun`.
    pub names: Vec<String>,
    /// The folders of PATH, in order.
    pub path: Vec<PathBuf>,
    /// Absolute places: a file whose name is one of `names`, or a folder in which each of them is looked for.
    pub places: Vec<PathBuf>,
    /// A login shell to ask.
    pub shell: Option<ShellProbe>,
}

/// A login shell to ask: `<shell> -lc 'command -v NAME'`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShellProbe {
    /// The shell's executable.
    pub shell: PathBuf,
    /// Its whole environment (the run's marker is added).
    pub env: BTreeMap<String, String>,
    /// Where it is started.
    pub cwd: PathBuf,
    /// How long all its answers may take, in milliseconds; then it is ended with all that it started.
    pub limit_ms: u64,
}

/// What a probe found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// The first find of each name in each way, and every find at an absolute place.
    pub sightings: Vec<Sighting>,
    /// Questions without an answer: they do not mean that nothing is there.
    pub unanswered: Vec<Unanswered>,
}

/// A program that can be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Which.
    pub name: String,
    /// In which way.
    pub way: Way,
    /// Where. From a login shell: its own words, e.g. an alias.
    pub path: PathBuf,
}

/// A way in which a program is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// On the stage's PATH.
    Path,
    /// On the path that libc searches when there is no PATH.
    DefaultPath,
    /// At an absolute place.
    Place,
    /// Through the login shell.
    LoginShell,
}

/// A question that got no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Which program was asked for.
    pub name: String,
    /// In which way.
    pub way: Way,
    /// Why there is no answer.
    pub reason: String,
}
