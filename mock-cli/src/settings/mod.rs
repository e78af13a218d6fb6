//! The settings that hold for a run: one typed layer for each source, and what they come to together.
//!
//! They are read once, and again only when the session itself has changed one of the files.

mod keep;
mod layer;

pub(crate) use keep::{ignore_local, keep};
pub(crate) use layer::Layer;

use crate::argv::Options;
use crate::permissions::{Behavior, Capabilities, Permissions, Rule, Source, split};
use crate::transcript::Home;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The machine's settings, which nobody overrides.
#[cfg(target_os = "macos")]
const MANAGED: &str = "/Library/Application Support/ClaudeCode/managed-settings.json";
#[cfg(not(target_os = "macos"))]
const MANAGED: &str = "/etc/claude-code/managed-settings.json";

/// All settings of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// What counts less comes first.
    layers: Vec<Layer>,
    /// The sources of the project that may not allow anything, as nobody has said that it can be trusted.
    distrusted: &'static [Source],
}

/// Where settings are looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) home: &'a Home,
    pub(crate) cwd: &'a Path,
    pub(crate) managed: &'a Path,
}

impl<'a> Places<'a> {
    /// The usual places.
    pub(crate) fn new(home: &'a Home, cwd: &'a Path) -> Self {
        Places {
            home,
            cwd,
            managed: Path::new(MANAGED),
        }
    }

    /// The file of a source, if it is one that has a file of its own.
    pub(crate) fn file(&self, source: Source) -> Option<PathBuf> {
        match source {
            Source::UserSettings => Some(self.home.config_dir.join("settings.json")),
            Source::ProjectSettings => Some(self.cwd.join(".claude/settings.json")),
            Source::LocalSettings => Some(self.cwd.join(".claude/settings.local.json")),
            Source::PolicySettings => Some(self.managed.to_owned()),
            _ => None,
        }
    }
}

impl Settings {
    /// Reads all settings. What is broken is passed over without a word, as the CLI does.
    pub(crate) fn read(
        options: &Options,
        capabilities: &Capabilities,
        places: &Places,
    ) -> Settings {
        let written = |source: Source| match source {
            Source::FlagSettings => {
                options
                    .settings
                    .as_deref()
                    .and_then(|given| match is_inline(given) {
                        true => Some(given.to_owned()),
                        false => fs::read_to_string(places.cwd.join(given)).ok(),
                    })
            }
            Source::PolicySettings => fs::read_to_string(places.managed)
                .ok()
                .or_else(|| options.managed_settings.clone()),
            source => fs::read_to_string(places.file(source)?).ok(),
        };
        let sources = [
            Source::UserSettings,
            Source::ProjectSettings,
            Source::LocalSettings,
            Source::FlagSettings,
            Source::PolicySettings,
        ];
        let wanted = sources.into_iter().filter(|source| options.reads(*source));
        let layers = wanted.filter_map(|source| {
            let written = serde_json::from_str(&written(source)?).ok()?;
            Layer::read(source, written, capabilities)
        });
        Settings {
            layers: layers.collect(),
            distrusted: match capabilities.permissions {
                _ if is_trusted(places) => &[],
                ..=2 => &[],
                3 => &[Source::ProjectSettings, Source::LocalSettings],
                _ => &[Source::ProjectSettings],
            },
        }
    }

    /// What counts less comes first.
    #[cfg(test)]
    pub(crate) fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The settings as they are written, each with the name of its source.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.layers
            .iter()
            .map(|layer| (layer.source.name(), &layer.written))
    }

    /// The hooks of all sources.
    pub(crate) fn hooks(&self) -> Vec<Value> {
        if self.layers.iter().any(|layer| layer.disables_hooks) {
            return Vec::new();
        }
        self.layers
            .iter()
            .map(|layer| layer.written.clone())
            .collect()
    }

    /// Whether somebody has set up the machine for its users.
    pub(crate) fn is_managed(&self) -> bool {
        self.layers
            .iter()
            .any(|layer| layer.source == Source::PolicySettings)
    }

    /// The model.
    pub(crate) fn model(&self) -> Option<&str> {
        self.layers
            .iter()
            .rev()
            .find_map(|layer| layer.model.as_deref())
    }

    /// The output style.
    pub(crate) fn output_style(&self) -> Option<&str> {
        self.layers
            .iter()
            .rev()
            .find_map(|layer| layer.output_style.as_deref())
    }

    /// The variables that settings set, for the process itself and for what it starts.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in self.layers.iter().flat_map(|layer| &layer.env) {
            all.retain(|(known, _)| known != name);
            all.push((name.clone(), value.clone()));
        }
        all
    }

    /// A variable of the process as the settings change it.
    pub(crate) fn var(&self, name: &str) -> Option<String> {
        let set = self
            .layers
            .iter()
            .rev()
            .flat_map(|layer| layer.env.iter().rev());
        let set = set.into_iter().find(|(known, _)| known == name);
        set.map(|(_, value)| value.clone())
            .or_else(|| std::env::var(name).ok())
    }

    /// The mode that the session begins in.
    pub(crate) fn mode(&self, options: &Options) -> String {
        let own = |layer: &Layer| {
            let mode = layer.mode.clone()?;
            let distrusted = self.distrusted.contains(&layer.source);
            Some(mode).filter(|mode| !(distrusted && mode == "bypassPermissions"))
        };
        let named = self.layers.iter().rev().find_map(own);
        let mode = match options.named_mode() {
            Some(mode) => mode.to_owned(),
            None => named.unwrap_or_else(|| "default".to_owned()),
        };
        let forbidden = self.layers.iter().any(|layer| layer.disables_bypass);
        match mode.as_str() {
            "bypassPermissions" if forbidden => "default".to_owned(),
            _ => mode,
        }
    }

    /// The permissions, from the command line and the settings.
    pub(crate) fn permissions(
        &self,
        options: &Options,
        capabilities: &Capabilities,
        places: &Places,
    ) -> Permissions {
        let own = std::env::home_dir().unwrap_or_else(|| "/".into());
        let given = given_below(options, capabilities, places);
        let config = &places.home.config_dir;
        let mut permissions = Permissions::new(places.cwd, &own, config, &given, capabilities);
        for layer in &self.layers {
            let distrusted = self.distrusted.contains(&layer.source);
            let held = layer
                .rules
                .iter()
                .filter(|(behavior, _)| !(distrusted && *behavior == Behavior::Allow));
            permissions.add(layer.source, held.cloned());
            if !distrusted {
                for directory in &layer.directories {
                    permissions.add_directory(layer.source, directory);
                }
            }
        }
        for (behavior, given) in [
            (Behavior::Allow, &options.allowed_tools),
            (Behavior::Deny, &options.disallowed_tools),
        ] {
            let rules = split(given);
            let rules = rules.iter().map(|rule| (behavior, Rule::parse(rule)));
            permissions.add(Source::CliArg, rules);
        }
        for directory in &options.add_dirs {
            permissions.add_directory(Source::CliArg, directory);
        }
        permissions
    }

    /// Whether what is added to a source during the session holds in it.
    pub(crate) fn heeds(
        &self,
        source: Source,
        options: &Options,
        capabilities: &Capabilities,
    ) -> bool {
        capabilities.permissions < 3
            || (options.reads(source) && !self.distrusted.contains(&source))
    }

    /// What is said of a project's settings that do not hold, as nobody has trusted it.
    pub(crate) fn distrust(&self, capabilities: &Capabilities, places: &Places) -> Vec<String> {
        let mut lines = Vec::new();
        for layer in self
            .layers
            .iter()
            .filter(|layer| self.distrusted.contains(&layer.source))
        {
            let allows = |(behavior, rule): &&(Behavior, Rule)| {
                *behavior == Behavior::Allow
                    && rule
                        .clone()
                        .meant(*behavior, capabilities.permissions)
                        .is_some()
            };
            let allowed = layer.rules.iter().filter(allows).count();
            let file = match layer.source {
                Source::LocalSettings => ".claude/settings.local.json",
                _ => ".claude/settings.json",
            };
            for (key, count) in [
                ("allow", allowed),
                ("additionalDirectories", layer.directories.len()),
            ] {
                let entries = if count == 1 { "entry" } else { "entries" };
                if count > 0 {
                    lines.push(format!(
                        "Ignoring {count} permissions.{key} {entries} from {file}: this workspace has not been trusted. Run Claude Code interactively here once and accept the trust dialog, or set projects[\"{}\"].hasTrustDialogAccepted: true in {}.\n",
                        places.cwd.display(),
                        places.home.config_file.display()
                    ));
                }
            }
        }
        lines
    }
}

/// The folder that the settings of the command line lie in. A text is put into a file first: of older versions among the
/// machine's temporary files, of newer ones where nothing else lies. (Seen on 1.0.108, 2.0.77, 2.1.197 and 2.1.330.)
fn given_below(options: &Options, capabilities: &Capabilities, places: &Places) -> PathBuf {
    match options.settings.as_deref() {
        Some(given) if !is_inline(given) => {
            let file = places.cwd.join(given);
            file.parent().unwrap_or(places.cwd).to_owned()
        }
        _ if capabilities.permissions < 3 => std::env::temp_dir(),
        _ => std::env::temp_dir().join("claude-settings"),
    }
}

/// Whether settings of the command line are a text, not a file.
fn is_inline(given: &str) -> bool {
    given.trim_start().starts_with('{')
}

/// Whether somebody has said that the project can be trusted, or a folder that it lies in.
fn is_trusted(places: &Places) -> bool {
    let config = places.home.config();
    let accepted = |folder: &Path| {
        let project = config.project(folder)?;
        project.get("hasTrustDialogAccepted")?.as_bool()
    };
    places
        .cwd
        .ancestors()
        .any(|folder| accepted(folder) == Some(true))
}

#[cfg(test)]
mod tests;
