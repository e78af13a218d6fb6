//! The settings that hold for a run, as far as this stand-in heeds them.

use crate::argv::Options;
use crate::transcript::Home;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// All settings that can be read: the user's, the project's, and those of the command line. What is broken is
/// passed over without a word, as the CLI does.
pub(crate) fn all(options: &Options, home: &Home, cwd: &Path) -> Vec<Value> {
    let files = [
        home.config_dir.join("settings.json"),
        cwd.join(".claude/settings.json"),
        cwd.join(".claude/settings.local.json"),
    ];
    let mut texts: Vec<String> = files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .collect();
    if let Some(given) = &options.settings {
        if given.trim_start().starts_with('{') {
            texts.push(given.clone());
        } else {
            texts.extend(fs::read_to_string(cwd.join(given)).ok());
        }
    }
    texts
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect()
}
