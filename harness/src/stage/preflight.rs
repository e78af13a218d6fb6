//! What to ask a built stage before a run: can anything on it find a node, claude or bun that it should not have?

use super::Stage;
use super::tools;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The commands that a stage must not find by accident.
pub const NAMES: &[&str] = &["node", "claude", "bun"];

/// What the preflight tries, inside the run's own namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// The commands to look for.
    pub names: Vec<String>,
    /// The directories of the stage's PATH.
    pub path: Vec<PathBuf>,
    /// Files that apps look for without asking PATH.
    pub absolute: Vec<PathBuf>,
    /// The login shell to ask.
    pub shell: PathBuf,
    /// The environment to ask it in.
    pub env: BTreeMap<String, String>,
}

/// A command that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Its name.
    pub name: String,
    /// How it was found: on PATH, on libc's default path, at an absolute place, through the login shell.
    pub way: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// A command that was found although neither the environment nor the layout has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// Its name.
    pub name: String,
    /// How it was found.
    pub way: String,
    /// Where it lies on the host.
    pub path: PathBuf,
    /// Whether the run has used it.
    pub used: bool,
}

impl Stage {
    /// What to try on this stage.
    pub fn preflight(&self) -> Preflight {
        Preflight {
            names: NAMES.iter().map(|&name| name.to_owned()).collect(),
            path: self.path.iter().map(|(_, actual)| actual.clone()).collect(),
            absolute: tools::absolute_places(NAMES),
            shell: self.shell.clone(),
            env: self.env.clone(),
        }
    }

    /// Whether a command that was found is one that the stage provides: everything on its ground is there
    /// because the environment or the layout has it.
    fn provides(&self, path: &Path) -> bool {
        path.starts_with(&self.root)
    }
}

/// Those sightings that lie outside of what the stage provides.
pub fn leaks(sightings: &[Sighting], stage: &Stage) -> Vec<Leak> {
    sightings
        .iter()
        .filter(|sighting| !stage.provides(&sighting.path))
        .map(|sighting| Leak {
            name: sighting.name.clone(),
            way: sighting.way.clone(),
            path: sighting.path.clone(),
            used: false,
        })
        .collect()
}
