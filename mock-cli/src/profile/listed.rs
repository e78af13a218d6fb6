//! What the CLI brings along and lists: commands, skills, agents, plugins.

use super::encoded::{Lazy, parts};
use crate::protocol::control::{AgentInfo, Command};
use crate::protocol::wire::Wire;
use serde_json::{Value, json};

parts! {
    /// What `init` and the answer to `initialize` list. No texts of the CLI: descriptions are made of names.
    pub(crate) struct Listed in "listed/" {
        /// The commands: `name|alias <arguments>`.
        pub(crate) commands: Lazy<Vec<&'static str>>,
        /// Whether it is said of them that the CLI brings them along.
        pub(crate) builtin: bool = default,
        /// The skills of `init`.
        pub(crate) skills: Lazy<Vec<&'static str>> = default,
        /// The agents, each with the model that it has of its own: `name model`.
        pub(crate) agents: Lazy<Vec<&'static str>> = default,
        /// The plugins.
        pub(crate) plugins: Lazy<Vec<&'static str>> = default,
        /// What clients may rely on.
        pub(crate) capabilities: Lazy<Vec<&'static str>> = default,
    }
}

impl Listed {
    /// The names of the commands.
    pub(crate) fn command_names(&self) -> impl Iterator<Item = &'static str> {
        self.commands.iter().map(|spec| head(spec))
    }

    /// The commands, as the answer to `initialize` lists them.
    pub(crate) fn told_commands(&self) -> impl Iterator<Item = Command> {
        self.commands.iter().map(|spec| {
            let (names, hint) = spec.split_once(' ').unwrap_or((spec, ""));
            let mut names = names.split('|').map(str::to_owned);
            let name = names.next().unwrap_or_default();
            let aliases: Vec<String> = names.collect();
            Command {
                description: Some(format!("The /{name} command.")),
                name: Some(name),
                argument_hint: Some(hint.into()),
                aliases: (!aliases.is_empty()).then_some(aliases),
                builtin: self.builtin.then_some(true),
                ..Command::default()
            }
        })
    }

    /// The names of the agents.
    pub(crate) fn agent_names(&self) -> Vec<String> {
        let names = self.agents.iter().map(|spec| head(spec));
        names.map(str::to_owned).collect()
    }

    /// The agents, as the answer to `initialize` lists them.
    pub(crate) fn told_agents(&self) -> impl Iterator<Item = Value> {
        self.agents.iter().map(|spec| {
            let (name, model) = spec.split_once(' ').unwrap_or((spec, ""));
            AgentInfo {
                name: Some(name.to_owned()),
                description: Some(format!("The {name} agent.")),
                model: (!model.is_empty()).then(|| model.to_owned()),
                ..AgentInfo::default()
            }
            .write()
        })
    }

    /// The plugins, as they are listed.
    pub(crate) fn told_plugins(&self) -> impl Iterator<Item = Value> {
        let told = |name: &&str| json!({"name": name, "path": "builtin", "source": format!("{name}@builtin")});
        self.plugins.iter().map(told)
    }
}

/// The name that it begins with.
fn head(spec: &str) -> &str {
    let end = spec.bytes().position(|byte| matches!(byte, b'|' | b' '));
    end.map_or(spec, |end| &spec[..end])
}
