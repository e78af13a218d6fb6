//! The `init` message: what a turn finds when it begins.

use super::own::OwnAgent;
use super::turn::Turn;
use super::{Engine, mcp};
use crate::order;
use crate::process::Quit;
use crate::protocol::control::AgentInfo;
use crate::protocol::stream::McpServer;
use crate::protocol::wire::Wire;
use crate::template::{Vars, render};
use serde_json::Value;

impl Engine {
    pub(super) fn init(&mut self, turn: &Turn) -> Result<(), Quit> {
        let memory = self
            .setup
            .home
            .project_dir(self.setup.profile, &git_root(&self.setup.cwd))
            .join("memory");
        let betas = self.setup.options.betas.clone();
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
            .maybe("betas", (!betas.is_empty()).then_some(betas))
            .maybe("mcp_server_errors", self.skipped_servers())
            .with("additional_directories", self.directories());
        let echo = self.setup.profile.behaviour.user_uuid_echo;
        let mut init = render(
            self.setup.profile.message("init"),
            &turn.uuid_vars(vars, echo),
        );
        for list in ["slash_commands", "skills"] {
            if let Some(commands) = init.get_mut(list).and_then(Value::as_array_mut) {
                self.keep_offered(commands, |command| Some(command));
            }
        }
        if let Some(commands) = init.get_mut("slash_commands").and_then(Value::as_array_mut) {
            let version = self.setup.profile.behaviour.own_definitions;
            self.setup.own.add_plugged(commands, version, false);
            let own = self.setup.own.names(version).into_iter();
            commands.splice(0..0, own.map(Value::from));
        }
        if let Some(skills) = init.get_mut("skills").and_then(Value::as_array_mut) {
            let version = self.setup.profile.behaviour.own_definitions;
            self.setup.own.add_plugged(skills, version, true);
            skills.splice(0..0, self.setup.own.skills(version).map(Value::from));
        }
        if let Some(list) = init.get_mut("mcp_servers").and_then(Value::as_array_mut) {
            list.extend(self.mcp.servers.iter().map(|server| {
                let sourced = self.setup.profile.behaviour.inventory > 2;
                let shown = McpServer {
                    name: Some(server.name.clone()),
                    status: Some(server.status().to_owned()),
                    source: sourced.then(|| server.source().to_owned()),
                    ..McpServer::default()
                };
                shown.write()
            }));
        }
        if self.setup.options.output != crate::argv::Output::StreamJson
            && let Some(list) = init.get_mut("capabilities").and_then(Value::as_array_mut)
        {
            // What can only be told as it happens.
            list.retain(|one| one != "lifecycle_wakeup_source_v1");
        }
        let (_, errors) = self.setup.plugin_lists();
        if let Some(list) = init.get_mut("plugins").and_then(Value::as_array_mut) {
            self.keep_plugins(list);
        }
        if let Some(map) = init.as_object_mut()
            && !errors.is_empty()
        {
            let at = map.keys().position(|key| key == "plugins");
            let at = at.map_or(map.len(), |at| at + 1);
            map.shift_insert(at, "plugin_errors".into(), errors.into());
        }
        if let Some(agents) = init.get_mut("agents") {
            *agents = self.agent_names().into();
        }
        self.setup.out.message(init)
    }

    /// Keeps the commands of a list that are offered with this login.
    pub(super) fn keep_offered(
        &self,
        commands: &mut Vec<Value>,
        name: impl Fn(&Value) -> Option<&Value>,
    ) {
        let paid = &self.setup.profile.models.subscription_commands;
        if !self.model.login.is_subscription() {
            let named = |command: &Value| name(command).and_then(Value::as_str).map(str::to_owned);
            commands.retain(|command| named(command).is_none_or(|name| !paid.contains(&name)));
        }
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

    /// Adds the agents of the user's own to those that the CLI brings along.
    pub(super) fn add_agents(&self, agents: &mut Vec<Value>) {
        let agent = |agent: &OwnAgent| {
            let told = AgentInfo {
                name: Some(agent.name.clone()),
                description: Some(agent.description.clone()),
                model: agent.model.clone(),
                ..AgentInfo::default()
            };
            told.write()
        };
        agents.extend(self.setup.own.agents.iter().map(agent));
        order::sort_by_key(agents, |agent| {
            AgentInfo::at(agent)
                .name
                .map(|name| self.agent_place(&name))
        });
    }

    /// Keeps the plugins of a list that this machine has, and adds those of the command line.
    pub(super) fn keep_plugins(&self, plugins: &mut Vec<Value>) {
        let shared = self.setup.settings.is_managed() || self.model.login.is_shared();
        // What only an organisation's machines get.
        plugins.retain(|one| shared || one["name"] != "cc-plugin-sec-default");
        plugins.splice(0..0, self.setup.plugin_lists().0);
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

/// The repository that a folder lies in; outside of any, the folder itself.
fn git_root(cwd: &std::path::Path) -> std::path::PathBuf {
    let root = cwd.ancestors().find(|dir| dir.join(".git").exists());
    root.unwrap_or(cwd).to_owned()
}
