//! How much of the host a run cannot see.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How well the files of [`super::Launch::hide`] are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IsolationLevel {
    /// Only by what PATH says: an absolute path, libc's default path and login shells still find them.
    Paths,
    /// Nothing in the run finds any of them: they are missing in the run's own mount namespace.
    Masked,
}

/// What was hidden from a run, and what it cannot write to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// How well.
    pub level: IsolationLevel,
    /// The files that are verified to be missing in the run, in links resolved (`/bin/node` is `/usr/bin/node` where
    /// `/bin` is a link). Empty where none of the files to hide exists.
    pub hidden: Vec<PathBuf>,
    /// Why the level is not [`IsolationLevel::Masked`].
    pub reason: Option<String>,
    /// The folders that are verified to be read-only in the run, also for root.
    pub read_only: Vec<PathBuf>,
    /// Why not all of [`super::Launch::read_only`] are.
    pub writable: Option<String>,
}
