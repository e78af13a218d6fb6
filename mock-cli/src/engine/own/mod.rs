//! What the user and the project bring along: commands, skills and agents.
//!
//! Seen on 1.0.108, 2.0.77, 2.1.197 and 2.1.330.

mod files;
mod plugins;
mod prompt;

pub(super) use prompt::Expansion;

use crate::argv::Options;
use crate::order;
use crate::order::SortedSet;
use crate::permissions::Source;
use crate::profile::{OwnDefinitions, Profile};
use crate::protocol::control::Command;
use crate::transcript::Home;
use files::Head;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

type Object = Map<String, Value>;

/// What there is.
#[derive(Debug, Default)]
pub(crate) struct Own {
    pub(super) commands: Vec<OwnCommand>,
    /// Those of the user and of the project; the command line's own come last.
    pub(super) agents: Vec<OwnAgent>,
    /// The names of those that the client has brought along.
    pub(super) of_client: SortedSet<String>,
}

/// A command, or a skill that can be called like one.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OwnCommand {
    /// As its path names it: `a:b` is `b` in the folder `a`.
    pub(super) name: String,
    /// Whether the user has it, and not the project.
    of_user: bool,
    /// The plugin that brings it along.
    plugin: Option<String>,
    /// The folder of a skill.
    skill: Option<PathBuf>,
    head: Head,
    text: String,
}

/// A subagent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnAgent {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) model: Option<String>,
    /// The tools that it has; None: all.
    pub(super) tools: Option<Vec<String>>,
}

impl Own {
    /// Reads what the options let the CLI read.
    pub(crate) fn load(profile: &Profile, options: &Options, home: &Home, cwd: &Path) -> Own {
        let version = profile.behaviour.own_definitions;
        let mut own = Own::default();
        let places = [
            (Source::UserSettings, home.config_dir.clone()),
            (Source::ProjectSettings, cwd.join(".claude")),
        ];
        let places = places.iter().filter(|(source, _)| options.reads(*source));
        let mut commands = Vec::new();
        for (source, dir) in places {
            let of_user = *source == Source::UserSettings;
            if version.has_skills() {
                own.commands
                    .extend(files::skills(&dir.join("skills"), of_user));
            }
            commands.extend(files::commands(&dir.join("commands"), of_user));
            own.agents.extend(files::agents(&dir.join("agents")));
        }
        if version >= OwnDefinitions::Sorted {
            order::sort_by(&mut commands, |a, b| a.name.cmp(&b.name));
        }
        own.commands.extend(commands);
        own.load_plugins(profile, options, cwd);
        let given = options
            .agents
            .as_deref()
            .map(serde_json::from_str::<Object>);
        if let Some(Ok(given)) = given {
            own.give_agents(&given);
        }
        own
    }

    /// The output styles of the user's own, then of the project's.
    pub(super) fn styles(home: &Home, cwd: &Path) -> Vec<String> {
        let dirs = [home.config_dir.clone(), cwd.join(".claude")];
        let styles = dirs
            .iter()
            .map(|dir| files::styles(&dir.join("output-styles")));
        styles.flatten().collect()
    }

    /// Reads what plugins bring along.
    fn load_plugins(&mut self, profile: &Profile, options: &Options, cwd: &Path) {
        let version = profile.behaviour.own_definitions;
        for plugin in plugins::plugins(options, cwd) {
            let mut all = files::commands(&plugin.folder.join("commands"), false);
            if version.has_skills() {
                all.extend(files::skills(&plugin.folder.join("skills"), false));
            }
            for mut command in all {
                command.name = format!("{}:{}", plugin.name, command.name);
                command.head.name = None;
                command.plugin = Some(plugin.name.clone());
                self.commands.push(command);
            }
            let agents = match version.has_skills() {
                true => files::agents(&plugin.folder.join("agents")),
                false => Vec::new(),
            };
            for mut agent in agents {
                agent.name = format!("{}:{}", plugin.name, agent.name);
                self.agents.push(agent);
            }
        }
    }

    /// An agent by its name.
    pub(super) fn agent(&self, name: &str) -> Option<&OwnAgent> {
        self.agents.iter().find(|agent| agent.name == name)
    }

    /// A command or skill by its name, or by the name that it gives itself.
    pub(super) fn command(&self, name: &str) -> Option<&OwnCommand> {
        let named = |command: &&OwnCommand| command.name == name || command.shown() == name;
        self.commands.iter().find(named)
    }

    /// Puts what plugins bring along into a list of names: behind the first of the newest versions' own.
    pub(super) fn add_plugged(
        &self,
        list: &mut Vec<String>,
        version: OwnDefinitions,
        skills: bool,
    ) {
        let plugged = self
            .commands
            .iter()
            .filter(|command| command.plugin.is_some() && (!skills || command.skill.is_some()));
        let names: Vec<String> = plugged.map(|command| command.name.clone()).collect();
        let at = usize::from(version >= OwnDefinitions::Sorted).min(list.len());
        list.splice(at..at, names);
    }

    /// Takes agents by name, instead of those of the same name.
    pub(super) fn give_agents(&mut self, given: &Object) {
        for (name, value) in given {
            let agent = files::given_agent(name, value);
            match self.agents.iter_mut().find(|known| known.name == *name) {
                Some(known) => *known = agent,
                None => self.agents.push(agent),
            }
        }
    }

    /// The names of the commands, as `init` lists them.
    pub(super) fn names(&self, version: OwnDefinitions) -> Vec<String> {
        let mut seen = SortedSet::new();
        let once = version >= OwnDefinitions::Sorted;
        let shown = self.commands.iter().filter(|c| c.is_listed(version));
        let names = shown.map(|command| command.name.clone());
        names
            .filter(|name| !once || seen.insert(name.clone()))
            .collect()
    }

    /// The names of what counts as a skill.
    pub(super) fn skills(&self, version: OwnDefinitions) -> impl Iterator<Item = String> {
        let shown = self.commands.iter().filter(move |c| c.is_listed(version));
        let counted = shown.filter(|command| {
            command.skill.is_some() || command.head.disable_model_invocation == Some(true)
        });
        counted.map(|command| command.name.clone())
    }

    /// The commands, as the answer to `initialize` lists them.
    pub(super) fn told(&self, profile: &Profile) -> Vec<Command> {
        let version = profile.behaviour.own_definitions;
        let mut seen = SortedSet::new();
        let once = version >= OwnDefinitions::Once;
        let told = self
            .commands
            .iter()
            .filter(|c| c.is_shown(version))
            .filter(|c| !once || seen.insert(&c.name));
        told.map(|command| command.told(profile)).collect()
    }

    /// The command that a prompt calls, with what stands behind its name.
    pub(super) fn called<'a>(&self, prompt: &'a str) -> Option<(&OwnCommand, &'a str)> {
        let rest = prompt.strip_prefix('/')?;
        let name = rest.split_whitespace().next()?;
        let args = rest.strip_prefix(name)?.trim();
        let named = |command: &&OwnCommand| command.name == name || command.shown() == name;
        Some((self.commands.iter().find(named)?, args))
    }
}

impl OwnCommand {
    /// The name that a skill gives itself.
    fn shown(&self) -> &str {
        let own = self.head.name.as_deref().filter(|_| self.skill.is_some());
        own.unwrap_or(&self.name)
    }

    /// Whether users may call it.
    pub(super) fn may_be_called(&self) -> bool {
        self.head.user_invocable != Some(false)
    }

    /// Whether it is listed: older versions list what users may not call.
    fn is_shown(&self, version: OwnDefinitions) -> bool {
        version < OwnDefinitions::Sorted || self.may_be_called()
    }

    /// Whether it is listed with what the user and the project bring along.
    fn is_listed(&self, version: OwnDefinitions) -> bool {
        self.plugin.is_none() && self.is_shown(version)
    }

    /// The model that it is to be carried out by.
    pub(super) fn model(&self) -> Option<&str> {
        self.head
            .model
            .as_deref()
            .filter(|model| *model != "inherit")
    }

    /// The tools that it may use.
    pub(super) fn tools(&self) -> &[String] {
        &self.head.allowed_tools
    }

    fn told(&self, profile: &Profile) -> Command {
        let version = profile.behaviour.own_definitions;
        let source = match self.of_user {
            true => profile.text("own_of_user"),
            false => "project",
        };
        let shown = self.shown();
        let hint = self.head.argument_hint.as_ref();
        Command {
            name: Some(shown.to_owned()),
            description: Some(match &self.plugin {
                Some(plugin) => format!("({plugin}) {}", self.description()),
                None => format!("{} ({source})", self.description()),
            }),
            argument_hint: Some(hint.map_or_else(|| "".into(), |hint| hint.told(version))),
            aliases: (version >= OwnDefinitions::Once && shown != self.name)
                .then(|| vec![self.name.clone()]),
            ..Command::default()
        }
    }

    /// What it says of itself; else its first line.
    fn description(&self) -> String {
        const LONG: usize = 100;
        if let Some(said) = &self.head.description {
            return said.clone();
        }
        let first = self
            .text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty());
        let Some(first) = first else {
            return "Custom command".to_owned();
        };
        let first = first.trim_start_matches('#').trim_start();
        match first.chars().count() > LONG {
            true => first.chars().take(LONG - 3).chain("...".chars()).collect(),
            false => first.to_owned(),
        }
    }
}
