//! The cases that are known not to agree, each with its reason.

use super::Error;
use super::data::data;
use serde::Deserialize;
use std::path::Path;

/// One known disagreement.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disagreement {
    /// The version.
    pub version: String,
    /// The case.
    pub case: String,
    /// Why it does not agree.
    pub reason: String,
    /// Whether it agrees in some runs: a race of the real CLI.
    #[serde(default)]
    pub race: bool,
    /// Whether it disagrees only where the real CLI runs, and even there not always: the recording and the stand-in do
    /// agree.
    #[serde(default)]
    pub live: bool,
}

/// The list.
#[derive(Debug, Clone, Default)]
pub struct Disagreements(pub Vec<Disagreement>);

impl Disagreements {
    /// Reads `known.yaml` of a folder of recordings, or, where it has none, the one that is shipped.
    ///
    /// # Errors
    /// The file is wrong.
    pub fn of(folder: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = folder.map(|folder| folder.join("known.yaml")) else {
            return Self::shipped();
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self(data(&path.display().to_string(), &text)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::shipped(),
            Err(error) => Err(Error::io(&path, error)),
        }
    }

    fn shipped() -> Result<Self, Error> {
        let text = include_str!("../../../tests/recordings/known.yaml");
        Ok(Self(data("tests/recordings/known.yaml", text)?))
    }

    /// What is known of this case.
    #[must_use]
    pub fn of_case(&self, version: &str, case: &str) -> Option<&Disagreement> {
        self.0
            .iter()
            .find(|d| d.version == version && d.case == case)
    }
}
