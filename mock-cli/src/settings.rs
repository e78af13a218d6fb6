//! The settings that hold for a run, as far as this stand-in heeds them.

use crate::argv::Options;
use crate::transcript::Home;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// All settings that can be read: the user's, the project's, and those of the command line. What is broken is
/// passed over without a word, as the CLI does.
pub(crate) fn all(options: &Options, home: &Home, cwd: &Path) -> Vec<Value> {
    let sources = sources(options, home, cwd);
    sources.into_iter().map(|(_, settings)| settings).collect()
}

/// The same, each with the name of its source.
pub(crate) fn sources(options: &Options, home: &Home, cwd: &Path) -> Vec<(&'static str, Value)> {
    let file = |path: PathBuf| fs::read_to_string(path).ok();
    let given = options.settings.as_ref().and_then(|given| {
        if given.trim_start().starts_with('{') {
            Some(given.clone())
        } else {
            file(cwd.join(given))
        }
    });
    let texts = [
        ("userSettings", file(home.config_dir.join("settings.json"))),
        ("projectSettings", file(cwd.join(".claude/settings.json"))),
        (
            "localSettings",
            file(cwd.join(".claude/settings.local.json")),
        ),
        ("flagSettings", given),
    ];
    texts
        .into_iter()
        .filter_map(|(source, text)| Some((source, serde_json::from_str(&text?).ok()?)))
        .collect()
}
