//! What the recorder prepared by hand, by case: recordings only hint at it (`setup_note`).

use super::Error;
use super::data::data;
use super::recording::Recording;
use super::rules::glob;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The preparation of some cases.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setup {
    /// Cases, as globs.
    pub cases: Vec<String>,
    /// Files to write, by path (with placeholders).
    pub write: BTreeMap<String, String>,
    /// Folders to make.
    pub folders: Vec<String>,
    /// Symbolic links, by path.
    pub links: BTreeMap<String, String>,
    /// The working folder, as it is entered; None: as the recording says.
    pub cwd: Option<String>,
    /// The user to become, which needs root.
    pub user: Option<u32>,
    /// Take the right to write to HOME away.
    pub read_only_home: bool,
    /// A shell's script that starts the CLI as `"$@"`.
    pub shell: Option<String>,
    /// What must be there for it: `mount`, `root`.
    pub needs: Option<String>,
    /// The turns are those that the output shows: the recorded script is of another run.
    pub shown: bool,
    /// The model's turns, where the recording has none.
    pub turns: Vec<Value>,
    /// How often these turns are repeated.
    pub repeat: usize,
    /// Calls that were made in the same HOME before.
    pub first: Vec<First>,
    /// Earlier cases that were made in the same HOME, as globs, in their order.
    pub after: Vec<String>,
    /// Calls that were made in the same HOME after those, right before.
    pub also: Vec<First>,
    /// A file to change right before the call: a text is added to its end; null empties it.
    pub spoil: BTreeMap<String, Option<String>>,
}

/// A call that was made before, of which there is no recording.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct First {
    /// Its arguments.
    pub argv: Vec<String>,
    /// What the model says.
    pub say: String,
    /// The placeholder of its session.
    #[serde(default)]
    pub session: Option<String>,
}

/// All preparations.
#[derive(Debug)]
pub struct Setups(Vec<Setup>);

impl Setups {
    /// The preparations that the harness carries.
    ///
    /// # Errors
    /// The file is wrong.
    pub fn embedded() -> Result<Self, Error> {
        Ok(Setups(data("setups.yaml", include_str!("setups.yaml"))?))
    }

    /// The preparation of a case.
    #[must_use]
    pub fn of(&self, recording: &Recording) -> Setup {
        let fits = |setup: &&Setup| setup.cases.iter().any(|c| glob(c, &recording.case));
        self.0.iter().find(fits).cloned().unwrap_or_default()
    }
}
