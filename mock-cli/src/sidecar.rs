//! How an executable on a stage learns its role: a file `.<name>.harness.json` beside it.
//!
//! The environment cannot be relied on (backends that replace it are themselves a failure class), and
//! arguments belong to the CLI's own grammar, so the role travels on disk, next to the executable as it
//! was invoked.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What a sidecar says: the role that this executable plays, and what it needs for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Role {
    /// The stand-in for the Claude CLI.
    Claude(Claude),
    /// A runtime named `node` (or as the stage likes) where there is no real one: runs only our `cli.js`.
    Runtime,
    /// The Electron shim: the app's own binary.
    Electron(Electron),
    /// The embedded reference backend.
    Server(Server),
}

/// The stand-in's script and where it keeps its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claude {
    /// The compiled script (JSON), see [`crate::script::Script`].
    pub script: PathBuf,
    /// The ledger's folder; created when missing. None: no ledger is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<PathBuf>,
}

/// What the Electron shim needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Electron {
    /// A real Node executable to become when `ELECTRON_RUN_AS_NODE` is set; None: run only our `cli.js`.
    pub node: Option<PathBuf>,
    /// The preload that makes Node look like Electron's Node (`--require`).
    pub preload: Option<PathBuf>,
    /// Where "a second app instance was launched" is noted, one JSON object a line.
    pub events: PathBuf,
    /// The `runAsNode` fuse; off: `ELECTRON_RUN_AS_NODE` is ignored.
    pub run_as_node: bool,
}

/// What the reference backend does wrong, if anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Names of defects, see the harness's `backend::reference::Defect`.
    #[serde(default)]
    pub defects: Vec<String>,
}
