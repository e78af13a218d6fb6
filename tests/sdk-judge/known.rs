//! Programs that are known to differ: one a line, `SDK::PROGRAM: reason`. A reason that begins with `race` is of one that
//! differs in some runs.

use std::collections::BTreeMap;
use std::path::Path;

/// The programs, and why they differ.
pub(crate) struct Known(BTreeMap<String, String>);

impl Known {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        let known = lines.map(|line| match line.split_once(": ") {
            Some((program, reason)) => (program.to_owned(), reason.to_owned()),
            None => panic!("{}: a reason is missing: {line}", path.display()),
        });
        Known(known.collect())
    }

    /// Why a program differs.
    pub(crate) fn reason(&self, sdk: &str, program: &str) -> Option<&str> {
        self.0.get(&format!("{sdk}::{program}")).map(String::as_str)
    }
}
