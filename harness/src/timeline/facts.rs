//! Facts about the stage that the judge may know.

use crate::stage::Leak;
use crate::stage::loadable::Lack;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the stage gave to the backend.
#[derive(Debug, Clone, Default)]
pub struct StageFacts {
    /// Whether a backend file says by which command it is started.
    pub own_command: bool,
    /// The environment that the backend was started with.
    pub env: BTreeMap<String, String>,
    /// PATH as that system names its folders: `/usr/bin:/bin`.
    pub declared_path: String,
    /// Which of `node`, `claude` and `bun` are on PATH.
    pub on_path: Vec<String>,
    /// The CLI that the app hands to the SDK.
    pub cli: PathBuf,
    /// That CLI's version.
    pub cli_version: String,
    /// Files under the CLI's name that lack something to be executed.
    pub unloadable: Vec<(PathBuf, Lack)>,
    /// Whether the script has the stand-in do something that the real CLI does not.
    pub faults: bool,
    /// The app's folder.
    pub app: PathBuf,
    /// The app's own runtime.
    pub runtime: PathBuf,
    /// The project folder.
    pub project: PathBuf,
    /// Where a tool can be found although the environment has none.
    pub leaks: Vec<Leak>,
    /// Conversations of the project on disk.
    pub conversations: usize,
    /// Whether `~/.claude.json` was there before the run.
    pub has_claude_json: bool,
}
