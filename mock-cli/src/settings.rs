//! The settings that hold for a run, as far as this stand-in heeds them.

use crate::argv::Options;
use crate::permissions::{Behavior, Permissions, Source, split};
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

/// The permissions of a run, from the command line and the settings.
pub(crate) fn permissions(options: &Options, home: &Home, cwd: &Path) -> Permissions {
    let own = std::env::home_dir().unwrap_or_default();
    let mut permissions = Permissions::new(cwd, &own, &home.config_dir);
    for (name, settings) in sources(options, home, cwd) {
        let source = match name {
            "userSettings" => Source::UserSettings,
            "projectSettings" => Source::ProjectSettings,
            "localSettings" => Source::LocalSettings,
            _ => Source::FlagSettings,
        };
        add_rules(&mut permissions, source, &settings);
    }
    for (behavior, given) in [
        (Behavior::Allow, &options.allowed_tools),
        (Behavior::Deny, &options.disallowed_tools),
    ] {
        let rules = split(given);
        permissions.add(Source::CliArg, behavior, rules.iter().map(String::as_str));
    }
    for directory in &options.add_dirs {
        permissions.add_directory(Source::CliArg, directory);
    }
    permissions
}

/// Adds the rules and folders of settings.
pub(crate) fn add_rules(permissions: &mut Permissions, source: Source, settings: &Value) {
    let named = &settings["permissions"];
    let list = |key: &str| {
        named[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    };
    for (key, behavior) in [
        ("allow", Behavior::Allow),
        ("deny", Behavior::Deny),
        ("ask", Behavior::Ask),
    ] {
        permissions.add(source, behavior, list(key));
    }
    for directory in list("additionalDirectories") {
        permissions.add_directory(source, directory);
    }
}
