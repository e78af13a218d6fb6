//! The cases that are known not to agree, each with its reason.

use super::Error;
use super::rules::data;
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
}

/// The list.
#[derive(Debug, Clone, Default)]
pub struct Disagreements(pub Vec<Disagreement>);

impl Disagreements {
    /// Reads `known.yaml` of a folder of recordings; none where it has none.
    ///
    /// # Errors
    /// The file is wrong.
    pub fn of(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("known.yaml");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self(data(&path.display().to_string(), &text)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Error::io(&path, error)),
        }
    }

    /// Why this case is known not to agree.
    #[must_use]
    pub fn reason(&self, version: &str, case: &str) -> Option<&str> {
        let found = self
            .0
            .iter()
            .find(|d| d.version == version && d.case == case);
        found.map(|d| d.reason.as_str())
    }
}
