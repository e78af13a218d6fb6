//! Plugins of the command line.

use crate::argv::Options;
use crate::engine::Setup;
use crate::protocol::wire::Object;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A plugin of the command line.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Plugin {
    pub(in crate::engine) name: String,
    version: Option<String>,
    /// Where it is, as it was given.
    pub(in crate::engine) folder: PathBuf,
}

/// The plugins that are there.
pub(in crate::engine) fn plugins(options: &Options, cwd: &Path) -> Vec<Plugin> {
    let plugin = |dir: &String| {
        let folder = cwd.join(dir);
        let manifest = fs::read_to_string(folder.join(".claude-plugin/plugin.json")).ok()?;
        let manifest: Object = serde_json::from_str(&manifest).ok()?;
        let text = |key: &str| manifest.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Plugin {
            name: text("name")?,
            version: text("version"),
            folder,
        })
    };
    options.plugin_dirs.iter().filter_map(plugin).collect()
}

impl Setup {
    /// The hooks of plugins, as settings have them.
    pub(in crate::engine) fn plugin_hooks(&self) -> Vec<Value> {
        let hooks = |plugin: Plugin| {
            let text = fs::read_to_string(plugin.folder.join("hooks/hooks.json")).ok()?;
            let root = plugin.folder.to_string_lossy().into_owned();
            serde_json::from_str(&text.replace("${CLAUDE_PLUGIN_ROOT}", &root)).ok()
        };
        let plugins = plugins(&self.options, &self.cwd).into_iter();
        plugins.filter_map(hooks).collect()
    }

    /// Plugins as `init` lists them, and those that are not there.
    pub(in crate::engine) fn plugin_lists(&self) -> (Vec<Value>, Vec<Value>) {
        let newest = self.profile.behaviour.inventory > 1;
        let shown = |plugin: Plugin| {
            let mut shown = Map::new();
            shown.insert("name".into(), plugin.name.as_str().into());
            shown.insert("path".into(), plugin.folder.to_string_lossy().into());
            if newest {
                shown.insert("source".into(), format!("{}@inline", plugin.name).into());
                shown.extend(
                    plugin
                        .version
                        .map(|version| ("version".to_owned(), version.into())),
                );
            }
            Value::Object(shown)
        };
        let missing = |(at, dir): (usize, &String)| {
            let path = self.cwd.join(dir);
            let text = path.to_string_lossy().into_owned();
            (!path.exists()).then(|| {
                json!({"plugin": format!("inline[{at}]"), "type": "path-not-found",
                       "message": format!("Path not found: {text}"), "path": text})
            })
        };
        let dirs = self.options.plugin_dirs.iter().enumerate();
        let errors = dirs.filter_map(missing).filter(|_| newest).collect();
        (
            plugins(&self.options, &self.cwd)
                .into_iter()
                .map(shown)
                .collect(),
            errors,
        )
    }
}
