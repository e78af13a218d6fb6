//! What the user, the project and plugins bring along: commands, skills, agents.

use super::{Engine, Setup};
use crate::permissions::Source;
use crate::protocol::wire::Object;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A command, a skill or an agent of somebody's own.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub(super) name: String,
    pub(super) file: PathBuf,
    /// Who has brought it: `user`, `project` or a plugin.
    source: String,
    /// Whether a plugin has.
    plugged: bool,
}

/// A plugin of the command line.
#[derive(Debug, Clone)]
pub(super) struct Plugin {
    name: String,
    version: Option<String>,
    /// Where it is, as it was given.
    folder: PathBuf,
}

/// What an agent is: what the client or its file says of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Definition {
    pub(super) description: Option<String>,
    pub(super) model: Option<String>,
    pub(super) tools: Option<Vec<String>>,
}

impl Definition {
    /// An agent as a client defines it.
    pub(super) fn given(given: &Value) -> Definition {
        let text = |key: &str| given[key].as_str().map(str::to_owned);
        let tools = given["tools"].as_array();
        Definition {
            description: text("description"),
            model: text("model"),
            tools: tools.map(|tools| {
                let names = tools.iter().filter_map(Value::as_str);
                names.map(str::to_owned).collect()
            }),
        }
    }
}

impl Own {
    /// A value of what stands before the text.
    pub(super) fn field(&self, key: &str) -> Option<String> {
        let text = fs::read_to_string(&self.file).ok()?;
        let (head, _) = text.strip_prefix("---\n")?.split_once("\n---")?;
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        Some(line.trim().trim_matches('"').to_owned())
    }

    /// Its text, without what stands before it.
    pub(super) fn body(&self) -> String {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        let body = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"));
        body.map_or(text.clone(), |(_, body)| body.to_owned())
    }

    /// As `initialize` lists a command.
    fn listed(&self, lists: bool) -> Value {
        let first = self.body().lines().next().unwrap_or_default().to_owned();
        let said = self.field("description").unwrap_or(first);
        let said = match self.plugged {
            true => format!("({}) {said}", self.source),
            false => format!("{said} ({})", self.source),
        };
        let hint = self.field("argument-hint").unwrap_or_default();
        let inner = hint
            .strip_prefix('[')
            .and_then(|hint| hint.strip_suffix(']'));
        let hint = match inner {
            // To the reader of its form it is a list.
            Some(inner) if lists => json!([inner]),
            _ => hint.into(),
        };
        json!({"name": self.name, "description": said, "argumentHint": hint})
    }
}

impl Setup {
    /// The plugins of the command line that are there.
    pub(super) fn plugins(&self) -> Vec<Plugin> {
        let dirs = self
            .options
            .plugin_dirs
            .iter()
            .map(|dir| self.cwd.join(dir));
        let plugin = |folder: PathBuf| {
            let manifest = fs::read_to_string(folder.join(".claude-plugin/plugin.json")).ok()?;
            let manifest: Object = serde_json::from_str(&manifest).ok()?;
            let text = |key: &str| manifest.get(key).and_then(Value::as_str).map(str::to_owned);
            Some(Plugin {
                name: text("name")?,
                version: text("version"),
                folder,
            })
        };
        dirs.filter_map(plugin).collect()
    }

    /// The hooks of plugins, as settings have them.
    pub(super) fn plugin_hooks(&self) -> Vec<Value> {
        let hooks = |plugin: Plugin| {
            let text = fs::read_to_string(plugin.folder.join("hooks/hooks.json")).ok()?;
            let root = plugin.folder.to_string_lossy().into_owned();
            serde_json::from_str(&text.replace("${CLAUDE_PLUGIN_ROOT}", &root)).ok()
        };
        self.plugins().into_iter().filter_map(hooks).collect()
    }
}

impl Engine {
    /// The folders that may have something, each with whom it belongs to.
    fn owners(&self) -> Vec<(PathBuf, String)> {
        let options = &self.setup.options;
        let mut owners = Vec::new();
        if options.reads(Source::UserSettings) {
            owners.push((self.setup.home.config_dir.clone(), "user".to_owned()));
        }
        if options.reads(Source::ProjectSettings) {
            owners.push((self.setup.cwd.join(".claude"), "project".to_owned()));
        }
        owners
    }

    /// Files of a kind, of the user and the project.
    fn own(&self, kind: &str, list: fn(&Path) -> Vec<(String, PathBuf)>) -> Vec<Own> {
        let mut all = Vec::new();
        for (folder, source) in self.owners() {
            all.extend(
                list(&folder.join(kind))
                    .into_iter()
                    .map(|(name, file)| Own {
                        name,
                        file,
                        source: source.clone(),
                        plugged: false,
                    }),
            );
        }
        all
    }

    /// The same of plugins.
    fn plugged(&self, kind: &str, list: fn(&Path) -> Vec<(String, PathBuf)>) -> Vec<Own> {
        let mut all = Vec::new();
        for plugin in self.setup.plugins() {
            let found = list(&plugin.folder.join(kind)).into_iter();
            all.extend(found.map(|(name, file)| Own {
                name: format!("{}:{name}", plugin.name),
                file,
                source: plugin.name.clone(),
                plugged: true,
            }));
        }
        all
    }

    /// Skills, where the version has some.
    pub(super) fn skills(&self) -> Vec<Own> {
        match self.setup.profile.behaviour.inventory {
            0 => Vec::new(),
            _ => self.own("skills", skills_below),
        }
    }

    /// Skills of plugins.
    pub(super) fn plugged_skills(&self) -> Vec<Own> {
        self.plugged("skills", skills_below)
    }

    /// Commands and skills as they are called, in the order in which they are listed: those of plugins apart.
    pub(super) fn called(&self) -> (Vec<Own>, Vec<Own>) {
        let mut commands = self.own("commands", commands_below);
        if self.setup.profile.behaviour.inventory < 2 {
            commands.sort_by_key(|own| (!own.name.contains(':'), own.name.clone()));
        }
        let mut plugged = self.plugged("commands", commands_below);
        plugged.extend(self.plugged_skills());
        let mut called = self.skills();
        called.extend(commands);
        (called, plugged)
    }

    /// Puts what somebody has brought along into a list of what there is already.
    pub(super) fn add_own<T>(&self, list: &mut Vec<T>, own: Vec<T>, plugged: Vec<T>) {
        // What comes of plugins stands behind the first of the newest version's own.
        let at = match self.setup.profile.behaviour.inventory {
            2.. => 1.min(list.len()),
            _ => 0,
        };
        list.splice(at..at, plugged);
        list.splice(0..0, own);
    }

    /// Adds commands and skills to those that `initialize` lists.
    pub(super) fn list_own(&self, commands: &mut Vec<Value>) {
        let lists = self.setup.profile.behaviour.inventory == 1;
        let (own, plugged) = self.called();
        let listed = |all: Vec<Own>| all.iter().map(|own| own.listed(lists)).collect();
        self.add_own(commands, listed(own), listed(plugged));
    }

    /// Agents of files.
    pub(super) fn own_agents(&self) -> Vec<Own> {
        if self.setup.profile.behaviour.inventory == 0 {
            return Vec::new();
        }
        let mut agents = self.own("agents", commands_below);
        agents.extend(self.plugged("agents", commands_below));
        agents
    }

    /// What an agent of somebody's own is.
    pub(super) fn definition(&self, name: &str) -> Option<Definition> {
        if let Some(known) = self.agents.defined.get(name) {
            return Some(known.clone());
        }
        let own = self.own_agents().into_iter().find(|own| own.name == name)?;
        let tools = own.field("tools");
        Some(Definition {
            description: own.field("description"),
            model: own.field("model"),
            tools: tools.map(|list| list.split(',').map(|tool| tool.trim().to_owned()).collect()),
        })
    }

    /// Plugins as `init` lists them, and those that are not there.
    pub(super) fn plugin_lists(&self) -> (Vec<Value>, Vec<Value>) {
        let newest = self.setup.profile.behaviour.inventory > 1;
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
            let path = self.setup.cwd.join(dir);
            let text = path.to_string_lossy().into_owned();
            (!path.exists()).then(|| {
                json!({"plugin": format!("inline[{at}]"), "type": "path-not-found",
                       "message": format!("Path not found: {text}"), "path": text})
            })
        };
        let dirs = self.setup.options.plugin_dirs.iter().enumerate();
        let errors = dirs.filter_map(missing).filter(|_| newest).collect();
        (
            self.setup.plugins().into_iter().map(shown).collect(),
            errors,
        )
    }
}

/// The files of commands below a folder, those in folders of it as `folder:name`.
fn commands_below(dir: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if path.is_dir() {
            let below = commands_below(&path).into_iter();
            found.extend(below.map(|(name, file)| (format!("{stem}:{name}"), file)));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push((stem.to_owned(), path));
        }
    }
    found.sort();
    found
}

/// The files of skills below a folder, by the names of their own folders.
fn skills_below(dir: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let file = entry.path().join("SKILL.md");
        if file.exists() {
            found.push((entry.file_name().to_string_lossy().into_owned(), file));
        }
    }
    found.sort();
    found
}
