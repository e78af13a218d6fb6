//! What a stage is built from.

use super::environment::Environment;
use super::executables::Executables;
use super::history::HistorySpec;
use super::layout::Layout;
use mock_claude::script::Script;
use std::path::PathBuf;

/// Everything that decides what a stage looks like.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How the backend is launched.
    pub environment: Environment,
    /// Where things lie.
    pub layout: Layout,
    /// The folder that the user works in; None: the default one.
    pub project: Option<ProjectSpec>,
    /// The server.
    pub server: ServerPayload,
    /// Earlier sessions of the user, if any.
    pub history: Vec<HistorySpec>,
    /// What the stand-in CLI does.
    pub script: Script,
    /// The executables to link, see [`super::prepare`].
    pub executables: Executables,
    /// Whether the stage stays on disk.
    pub keep: bool,
}

/// The folder that the user works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSpec {
    /// Its path, relative to the home folder.
    pub path: String,
}

impl Default for ProjectSpec {
    /// A name with a space, an underscore and a dot: each of them has broken an encoder of project folders.
    fn default() -> Self {
        Self {
            path: "code/my project_1.0".to_owned(),
        }
    }
}

/// The server that the layout gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerPayload {
    /// The embedded reference backend.
    Reference {
        /// Its defects, by name.
        defects: Vec<String>,
    },
    /// A server that needs Node.
    Node {
        /// The folder with its own files; those in `node_modules` folders are left out.
        dir: PathBuf,
        /// The file that is started, relative to `dir`.
        entry: String,
        /// The installed dependencies.
        node_modules: PathBuf,
        /// What of them the server needs: paths below that folder, each placed with all that is below it; none
        /// for everything. The real CLI's `cli.js` is never placed; ours stands in its place.
        only: Vec<String>,
    },
    /// None: the command of `exec`, for instance.
    None,
}
