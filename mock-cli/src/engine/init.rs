//! The `init` message: what a turn finds when it begins.

use super::own::OwnAgent;
use super::turn::Turn;
use super::{Engine, mcp};
use crate::order;
use crate::process::Quit;
use crate::protocol::control::{AgentInfo, Command};
use crate::protocol::stream::McpServer;
use crate::protocol::wire::Wire;
use crate::template::Vars;
use serde_json::Value;

impl Engine {
    pub(super) fn init(&mut self, turn: &Turn) -> Result<(), Quit> {
        let memory = self
            .setup
            .home
            .project_dir(self.setup.profile, &self.setup.session.root)
            .join("memory");
        let betas = self.setup.options.betas.clone();
        let (_, errors) = self.setup.plugin_lists();
        let vars = self
            .vars()
            .with("api_key_source", self.model.login.source())
            .with("memory_path", format!("{}/", memory.display()))
            .with("pid", std::process::id())
            .with(
                "per_turn_effort",
                self.setup
                    .profile
                    .models
                    .get(&self.model.name)
                    .per_turn_effort,
            )
            .with("tools", self.tools())
            .with("slash_commands", self.command_names())
            .with("skills", self.skill_names())
            .with("mcp_servers", self.listed_servers())
            .with("agents", self.agent_names())
            .with("plugins", self.told_plugins())
            .maybe("plugin_errors", (!errors.is_empty()).then_some(errors))
            .with("capabilities", self.capabilities())
            .maybe("betas", (!betas.is_empty()).then_some(betas))
            .maybe("mcp_server_errors", self.skipped_servers())
            .with("additional_directories", self.directories());
        let vars = turn.uuid_vars(vars, self.setup.profile.behaviour.user_uuid_echo);
        self.emit("init", &vars)
    }

    /// The commands by name: the user's own, and those that the CLI brings along.
    fn command_names(&self) -> Vec<String> {
        let profile = self.setup.profile;
        let version = profile.behaviour.own_definitions;
        let mut names = self.setup.own.names(version);
        let mut listed: Vec<String> = profile
            .listed
            .command_names()
            .filter(|name| self.is_offered(name))
            .map(str::to_owned)
            .collect();
        self.setup.own.add_plugged(&mut listed, version, false);
        names.append(&mut listed);
        names
    }

    /// The same for skills.
    fn skill_names(&self) -> Vec<String> {
        let profile = self.setup.profile;
        let version = profile.behaviour.own_definitions;
        let listed = profile.listed.skills.iter();
        let listed = listed.filter(|name| self.is_offered(name));
        let mut listed: Vec<String> = listed.map(|name| (*name).to_owned()).collect();
        self.setup.own.add_plugged(&mut listed, version, true);
        let mut names: Vec<String> = self.setup.own.skills(version).collect();
        names.append(&mut listed);
        names
    }

    fn listed_servers(&self) -> Vec<Value> {
        let sourced = self.setup.profile.behaviour.inventory > 2;
        let shown = |server: &mcp::Server| {
            McpServer {
                name: Some(server.name.clone()),
                status: Some(server.status().to_owned()),
                source: sourced.then(|| server.source().to_owned()),
                ..McpServer::default()
            }
            .write()
        };
        self.mcp.servers.iter().map(shown).collect()
    }

    /// What a client may rely on.
    fn capabilities(&self) -> Vec<&'static str> {
        let streams = self.setup.options.output == crate::argv::Output::StreamJson;
        let all = self.setup.profile.listed.capabilities.iter().copied();
        // What can only be told as it happens.
        all.filter(|one| streams || *one != "lifecycle_wakeup_source_v1")
            .collect()
    }

    /// Whether a command is offered with this login.
    fn is_offered(&self, name: &str) -> bool {
        let paid = &self.setup.profile.models.subscription_commands;
        self.model.login.is_subscription() || !paid.iter().any(|one| one == name)
    }

    /// The commands, as the answer to `initialize` lists them.
    pub(super) fn told_commands(&self) -> Vec<Value> {
        let own = self.setup.own.told(self.setup.profile);
        let listed = self.setup.profile.listed.told_commands();
        let offered = |command: &Command| {
            let name = command.name.as_deref();
            name.is_none_or(|name| self.is_offered(name))
        };
        let all = own.into_iter().chain(listed.filter(offered));
        all.map(|command| command.write()).collect()
    }

    /// How thinking is shown.
    pub(super) fn thinking_display(&self) -> &str {
        let given = self.setup.options.thinking_display.as_deref();
        given.unwrap_or("updates")
    }

    /// The same for events that are about thinking.
    pub(super) fn display(&self, thinking: bool) -> Vars {
        Vars::new().maybe("thinking_display", self.shown_display(thinking))
    }

    /// The same, where it is told.
    pub(super) fn shown_display(&self, thinking: bool) -> Option<String> {
        let told = thinking && !self.model.undisplayed;
        told.then(|| self.thinking_display().to_owned())
    }

    /// The agents, as the answer to `initialize` lists them: those that the CLI brings along, and the user's own.
    pub(super) fn told_agents(&self) -> Vec<Value> {
        let agent = |agent: &OwnAgent| {
            let told = AgentInfo {
                name: Some(agent.name.clone()),
                description: Some(agent.description.clone()),
                model: agent.model.clone(),
                ..AgentInfo::default()
            };
            told.write()
        };
        let listed = self.setup.profile.listed.told_agents();
        let mut agents: Vec<Value> = listed
            .chain(self.setup.own.agents.iter().map(agent))
            .collect();
        order::sort_by_key(&mut agents, |agent| {
            AgentInfo::at(agent)
                .name
                .map(|name| self.agent_place(&name))
        });
        agents
    }

    /// The plugins of the command line, and those that this machine has.
    pub(super) fn told_plugins(&self) -> Vec<Value> {
        let shared = self.setup.settings.is_managed() || self.model.login.is_shared();
        let (mut plugins, _) = self.setup.plugin_lists();
        let listed = self.setup.profile.listed.told_plugins();
        // What only an organisation's machines get.
        plugins.extend(listed.filter(|one| shared || one["name"] != "cc-plugin-sec-default"));
        plugins
    }

    /// The servers that are skipped, where there are any.
    pub(super) fn skipped_servers(&self) -> Option<Vec<Value>> {
        let problems: Vec<Value> = self.mcp.problems.iter().map(mcp::Problem::json).collect();
        (!problems.is_empty()).then_some(problems)
    }

    /// The folders of `--add-dir` that are there and do not lie in the working folder.
    pub(super) fn directories(&self) -> Vec<String> {
        let cwd = &self.setup.cwd;
        let there = |dir: &&String| {
            let dir = cwd.join(dir);
            let real = dir.canonicalize().unwrap_or_else(|_| dir.clone());
            dir.is_dir() && !real.starts_with(cwd)
        };
        let given = self.setup.options.add_dirs.iter().filter(there).cloned();
        // The name by which the working folder was entered, where it is another one.
        let entered = std::env::var("PWD").ok().filter(|pwd| {
            let pwd = std::path::Path::new(pwd);
            pwd != self.setup.cwd && pwd.canonicalize().is_ok_and(|real| real == self.setup.cwd)
        });
        entered.into_iter().chain(given).collect()
    }
}
