//! The stage: everything that is written to disk before a run, and the private world that a run then has.
//!
//! [`prepare`] once, then [`Stage::build`] for every run:
//!
//! ```no_run
//! use claude_harness::stage::{self, Plan, ServerPayload, Stage};
//!
//! let executables = stage::prepare(&std::env::current_exe()?, stage::find_node().as_deref())?;
//! let environments = stage::environments(None)?;
//! let layouts = stage::layouts(None)?;
//! let stage = Stage::build(&Plan {
//!     environment: environments[0].item.clone(),
//!     layout: layouts[0].item.clone(),
//!     project: None,
//!     server: ServerPayload::Reference { defects: Vec::new() },
//!     history: Vec::new(),
//!     script: serde_json::from_str("{}")?,
//!     executables,
//!     outside: Vec::new(),
//!     keep: false,
//! })?;
//! assert!(stage.cli.starts_with(&stage.root));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A stage's folder looks like the root of the environment's system: what that system calls `/usr/bin` is
//! `usr/bin` in it. Nothing is written outside of it.

mod build;
mod catalog;
mod command_line;
mod compile;
mod damage;
mod decoy;
pub mod electron;
pub mod environment;
mod error;
mod executables;
mod ground;
pub mod history;
pub mod layout;
pub mod loadable;
mod login;
mod normalise;
mod owner;
mod pieces;
mod plan;
pub mod preflight;
pub mod runtime;
mod search_path;
mod server;
pub mod shell;
mod tools;
mod work;

pub use catalog::{Found, Origin, environments, layouts};
pub use compile::find_bun;
pub use damage::Damage;
pub use environment::{Environment, Login};
pub use error::StageError;
pub use executables::{Executables, find_node, find_python, prepare};
pub use history::{HistoryProject, HistorySpec};
pub use layout::Layout;
pub use plan::{Language, Plan, ProjectSpec, ScriptPayload, ServerPayload};
pub use preflight::{Leak, Preflight, Sighting, leaks};
pub(crate) use tools::find_program;

use environment::{Children, Stdio};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// Variables that are a launcher's, and that make a child another program than it is (FAILURES I14).
pub(crate) const LAUNCHER_VARIABLES: &[&str] = &[
    "CLAUDECODE",
    "NODE_OPTIONS",
    "VSCODE_INSPECTOR_OPTIONS",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
];

/// The private world of one run. Its folder is removed on drop, unless it is kept.
#[derive(Debug)]
#[non_exhaustive]
pub struct Stage {
    /// The folder that holds everything; resolved.
    pub root: PathBuf,
    /// The user's home folder; cold, unless there is a history.
    pub home: PathBuf,
    /// The folder for temporary files.
    pub tmp: PathBuf,
    /// The folder that the user works in.
    pub project: PathBuf,
    /// The working directory of the earlier sessions, if there are any; it need not exist.
    pub history_project: Option<PathBuf>,
    /// The app's folder, or bundle.
    pub app: PathBuf,
    /// The login shell.
    pub shell: PathBuf,
    /// PATH: what the environment's system calls each directory, and where it lies.
    pub path: Vec<(String, PathBuf)>,
    /// The whole environment of a process of the user, or of the app.
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub cwd: PathBuf,
    /// The backend's standard input.
    pub stdin: Stdio,
    /// The backend's standard output.
    pub stdout: Stdio,
    /// The backend's standard error.
    pub stderr: Stdio,
    /// Whether there is a controlling terminal.
    pub terminal: bool,
    /// Whether the backend leads a session of its own.
    pub new_session: bool,
    /// Who ends what the backend leaves behind.
    pub children_end_with: Children,
    /// The file mode creation mask.
    pub umask: u32,
    /// The user, and group, that the backend and all below it are; None: this process's own.
    pub run_as: Option<u32>,
    /// The soft limit of open files.
    pub nofile: u64,
    /// The soft limit of a core file, in bytes.
    pub core: u64,
    /// The CLI that the app hands to the SDK.
    pub cli: PathBuf,
    /// A native CLI: `claude` of PATH, or the one behind `cli` where PATH has none.
    pub native_cli: PathBuf,
    /// The program that plays every role, where it can be executed as another user.
    pub harness: PathBuf,
    /// That CLI's version.
    pub cli_version: String,
    /// The app's own runtime: what `process.execPath` is in its server.
    pub runtime: PathBuf,
    /// Whether that runtime is a stand-in, because there is no real Node.
    pub runtime_is_standin: bool,
    /// The command that starts the server, without its options; empty where there is no server.
    pub server: Vec<OsString>,
    /// What the app adds to [`env`](Self::env) when it starts the server.
    pub server_env: BTreeMap<String, String>,
    /// Whether the server's own runtime is one of the app's Electron executables, which are Node only when told so.
    pub runtime_is_electron: bool,
    /// Where the server starts.
    pub server_cwd: PathBuf,
    /// The stand-in's ledger.
    pub ledger: PathBuf,
    /// The stand-in's compiled script.
    pub script: PathBuf,
    /// Where starts of the app's executable are noted, see [`electron::read_events`].
    pub app_events: PathBuf,
    /// Files of the host to hide from the run where that is permitted: every node, claude and bun.
    pub hide: Vec<PathBuf>,
    /// Folders that the run is to find read-only, also as root, where that is permitted: the app's, if its layout says so.
    pub read_only: Vec<PathBuf>,
    /// What this stage does not enforce or emulate, one sentence each.
    pub limits: Vec<String>,
    /// Commands that the environment's system has and this host has not.
    pub missing_tools: Vec<String>,
    names: normalise::Names,
    // Dropped in this order: the folder of all stages goes when its last stage is gone.
    ground: Folder,
    _work: Arc<work::WorkRoot>,
}

impl Stage {
    /// Builds a stage.
    ///
    /// # Errors
    /// The environment or the layout leads out of the stage or uses a placeholder that does not exist; the
    /// server cannot be placed; the disk cannot be written. Nothing is left on disk then.
    pub fn build(plan: &Plan) -> Result<Self, StageError> {
        build::build(plan)
    }

    /// Replaces the stage's places by names that are the same in every run: `<project>`, `<home>`, `<app>`,
    /// `<tmp>`, `<stage>`; directories of PATH get the names that the environment's system has for them.
    ///
    /// Places are also found where they are escaped in JSON or a URL, and in the names of project folders,
    /// which then begin with e.g. `<home:encoded>`.
    pub fn normalise(&self, text: &str) -> String {
        self.names.apply(text)
    }

    /// Leaves the stage on disk and gives its folder.
    ///
    /// # Errors
    /// The mark that saves it from the next clean-up cannot be written.
    pub fn keep(mut self) -> std::io::Result<PathBuf> {
        work::mark_as_kept(&self.root)?;
        self.ground.keep();
        Ok(self.root.clone())
    }
}

/// The stage's folder, removed on drop unless it is kept.
#[derive(Debug)]
struct Folder(Option<TempDir>);

impl Folder {
    fn new(folder: TempDir, keep: bool) -> Self {
        let mut folder = Self(Some(folder));
        if keep {
            folder.keep();
        }
        folder
    }

    fn keep(&mut self) {
        if let Some(folder) = self.0.take() {
            let _ = folder.keep();
        }
    }
}
