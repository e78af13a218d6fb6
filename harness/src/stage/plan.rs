//! What a stage is built from.

use super::environment::Environment;
use super::executables::Executables;
use super::history::HistorySpec;
use super::layout::Layout;
use mock_claude::script::Script;
use std::path::{Path, PathBuf};

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
    /// What the run executes or reads beside the stage, such as a Python and its modules.
    pub outside: Vec<PathBuf>,
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
    /// A script with installed dependencies.
    Script(ScriptPayload),
    /// None: the command of `exec`, for instance.
    None,
}

/// A server that a runtime executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptPayload {
    /// Whose runtime.
    pub language: Language,
    /// The folder with its own files; installed dependencies below it are left out.
    pub dir: PathBuf,
    /// The file that is started, relative to `dir`.
    pub entry: String,
    /// The installed dependencies: a `node_modules`, or what `pip install --target` has filled.
    pub modules: PathBuf,
    /// What of them is placed on the stage: paths below that folder, each with all that is below it. Of Node's,
    /// none means everything; the real CLI's `cli.js` is never placed, ours stands in its place. Of Python's these
    /// lie beside the script, where they win over the installed ones, which are linked.
    pub only: Vec<String>,
}

/// The language of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// JavaScript, under the layout's runtime.
    Node,
    /// Python, under the host's own `python3`.
    Python,
}

impl Language {
    /// By the name of the file that is started.
    pub fn of(entry: &Path) -> Self {
        if entry.extension().is_some_and(|it| it == "py") {
            Self::Python
        } else {
            Self::Node
        }
    }
}
