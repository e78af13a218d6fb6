//! What can go wrong while a stage is built.

use std::io;
use std::path::{Path, PathBuf};

/// Why a stage could not be built. Each text completes "failed to build the stage: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// The operating system refused something.
    #[error("failed to {action} {}", path.display())]
    Io {
        /// What was tried, as an infinitive.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// bun did not compile a server.
    #[error("failed to compile {} with bun: {said}", entry.display())]
    Compile {
        /// The server's entry.
        entry: PathBuf,
        /// What bun, or the system, said.
        said: String,
    },
    /// A path of a data file does not lie on the stage.
    #[error("`{path}` is not a place inside the stage")]
    Outside {
        /// The path as it was written.
        path: String,
    },
    /// A login is to lie in a keychain, and the environment's system has none.
    #[error("`{environment}` has no keychain: `login: keychain` is for environments of macOS")]
    NoKeychain {
        /// The environment.
        environment: String,
    },
    /// A directory of PATH has a colon in its path, which PATH cannot hold.
    #[error("{} cannot be in PATH, because of its colon", path.display())]
    Colon {
        /// The directory.
        path: PathBuf,
    },
    /// A placeholder that does not exist, or that has no value yet where it was used.
    #[error("`{{{name}}}` in `{text}` is not a placeholder here ({known})")]
    Placeholder {
        /// The unknown name.
        name: String,
        /// The text that it stands in.
        text: String,
        /// What would be right.
        known: String,
    },
    /// No stage can be built of the environment.
    #[error("{environment} is not supported: {reason}")]
    Unsupported {
        /// Its name.
        environment: String,
        /// Why.
        reason: String,
    },
    /// HOME does not lead to the stage's home folder.
    #[error(
        "HOME must be `{{home}}`: otherwise programs would read and write a home folder of the host, where they find \
         one without HOME too"
    )]
    NoHome,
    /// A Node server was asked for where there is no Node.
    #[error("the server needs Node, and this host has none")]
    NoNode,
    /// A Python server was asked for where there is no Python.
    #[error("the server needs Python, and this host has none")]
    NoPython,
    /// A file of the server is missing.
    #[error("the server has no `{entry}` in {}", dir.display())]
    NoEntry {
        /// The file that is started.
        entry: String,
        /// The server's folder.
        dir: PathBuf,
    },
    /// The environment's shell, and every other, is missing from the host.
    #[error("this host has no shell that could play {wanted}")]
    NoShell {
        /// The shell that the environment has.
        wanted: String,
    },
    /// A working directory of a history has no place where the CLI would look.
    #[error("the history cannot be written: {0}")]
    History(String),
}

impl StageError {
    /// For `map_err`: wraps an error of the operating system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
