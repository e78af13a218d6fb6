//! Which tools a session has, and what is said of those that it does not have.

use super::ToolCall;
use crate::engine::{Engine, mcp};
use crate::order;
use crate::permissions::split;
use crate::template::{Vars, text};

impl Engine {
    /// The tools by name; the first ones stand apart from the order of the others.
    pub(in crate::engine) fn tools(&self) -> Vec<String> {
        let profile = self.setup.profile;
        let mut tools = profile.tools.clone();
        let apart = if profile.behaviour.inventory > 1 {
            1
        } else {
            2
        };
        let subscribed = self.model.login.is_subscription();
        let by_login = profile.models.subscription_tools.iter();
        let by_login = by_login.filter(|_| subscribed);
        for tool in profile
            .models
            .extra_tools(&self.model.name)
            .iter()
            .chain(by_login)
            .chain(self.named_tools())
        {
            insert(&mut tools, tool, apart);
        }
        if let Some(wanted) = self.wanted_tools() {
            tools.retain(|tool| wanted.contains(tool));
        }
        if self.setup.options.prompt_tool {
            for tool in &profile.prompt_tools {
                insert(&mut tools, tool, apart);
            }
        }
        let mut served: Vec<String> = self
            .mcp
            .servers
            .iter()
            .flat_map(mcp::Server::full_names)
            .collect();
        served.retain(|tool| Some(tool) != self.setup.options.permission_tool.as_ref());
        if profile.behaviour.inventory > 1 {
            order::sort_by(&mut served, Ord::cmp);
        }
        tools.extend(served);
        if self.tools.output.is_asked_for() {
            let name = "StructuredOutput";
            if profile.behaviour.inventory > 1 {
                insert(&mut tools, name, apart);
            } else {
                tools.push(name.to_owned());
            }
        }
        if self.permissions.rules.hides("Bash") {
            // What would be done with commands has tools of its own then.
            tools.retain(|tool| tool != "Monitor");
            for tool in &profile.shell_replacements {
                insert(&mut tools, tool, 1);
            }
        }
        let main = self.setup.options.agent.as_deref();
        if let Some(own) = main.and_then(|name| self.setup.own.agent(name)?.tools.clone()) {
            tools.retain(|tool| own.contains(tool));
        }
        if let Some(kind) = self.agents.speaking() {
            self.limit_to_agent(kind, &mut tools);
        }
        tools.retain(|tool| {
            !self.permissions.rules.hides(tool) && self.permissions.mode != "delegate"
        });
        tools
    }

    /// Leaves a subagent's tools: those of its definition, or all that are for subagents.
    fn limit_to_agent(&self, kind: &str, tools: &mut Vec<String>) {
        let profile = self.setup.profile;
        let toolbox = &profile.toolbox;
        let own = self.setup.own.agent(kind);
        let named = own.and_then(|agent| agent.tools.as_ref());
        if let Some(named) = named.filter(|named| !named.iter().any(|tool| tool == "*")) {
            let replaced = profile.shell_replacements.iter();
            for tool in replaced.filter(|tool| named.contains(tool)) {
                insert(tools, tool, 1);
            }
            tools.retain(|tool| named.contains(tool));
        }
        let looks = own.is_none() && ["Explore", "Plan"].contains(&kind);
        let lookers = toolbox.lookers_lack.iter().filter(|_| looks);
        let lacks: Vec<&String> = toolbox.agents_lack.iter().chain(lookers).collect();
        tools.retain(|tool| !lacks.contains(&tool));
    }

    /// What `--tools` asks for, by the tools' own names; None for the usual ones.
    fn wanted_tools(&self) -> Option<Vec<String>> {
        let wanted = self.setup.options.tools.as_ref()?;
        let wanted = split(wanted);
        let own = wanted.iter().map(|tool| self.own_name(tool).to_owned());
        (wanted != ["default"]).then(|| own.collect())
    }

    /// Tools that are there because the command line names them.
    fn named_tools(&self) -> impl Iterator<Item = &String> {
        let options = &self.setup.options;
        let mut names = split(&options.allowed_tools);
        names.extend(split(options.tools.as_deref().unwrap_or_default()));
        let tool = |rule: &str| rule.split('(').next().unwrap_or(rule).to_owned();
        let names: Vec<String> = names.iter().map(|rule| tool(rule)).collect();
        let toolbox = &self.setup.profile.toolbox;
        // (The profile is looked at only where tools are named.)
        let groups = (!names.is_empty()).then(|| toolbox.named.iter());
        groups
            .into_iter()
            .flatten()
            .filter(move |group| group.by.iter().any(|tool| names.contains(tool)))
            .flat_map(|group| &group.adds)
    }

    /// A tool's own name, where it has others.
    fn own_name<'a>(&'a self, name: &'a str) -> &'a str {
        let aliases = &self.setup.profile.toolbox.aliases;
        let given = self.control.tool_names.get(name);
        given
            .or_else(|| aliases.get(name))
            .map_or(name, String::as_str)
    }

    /// The tool that a call speaks of, by its own name.
    pub(super) fn by_own_name(&self, call: &ToolCall) -> ToolCall {
        ToolCall {
            name: self.own_name(&call.name).to_owned(),
            ..call.clone()
        }
    }

    /// Whether the model may call a tool of this name.
    pub(in crate::engine) fn has_tool(&self, name: &str) -> bool {
        // The tool that starts agents goes by the name of `init`, or by that which the API knows.
        let listed = if name == "Agent" && !self.setup.profile.text("agent_launched").is_empty() {
            "Task"
        } else {
            self.own_name(name)
        };
        self.tools().iter().any(|tool| tool == listed)
    }

    /// What is said of a tool that the session does not have.
    pub(super) fn says_absent(&self, name: &str) -> String {
        let profile = self.setup.profile;
        let toolbox = &profile.toolbox;
        let own = self.own_name(name);
        let replaces = profile.shell_replacements.iter().any(|tool| tool == own);
        let usual = profile.tools.iter().chain(&*profile.prompt_tools);
        let replaced = || {
            profile
                .shell_replacements
                .iter()
                .any(|tool| self.has_tool(tool))
        };
        let of_named = self.agents.is_speaking() && !self.has_tool("Bash");
        let notice = if replaces && (of_named || self.permissions.rules.hides("Bash")) {
            Some(&toolbox.unreplaced)
        } else if replaces && self.permissions.rules.hides(own) && replaced() {
            Some(&toolbox.disabled)
        } else {
            let mut notices = toolbox.absent.iter();
            let notice = notices.find(|notice| notice.tools.iter().any(|tool| tool == own));
            let is_usual = usual.into_iter().any(|tool| tool == own);
            let notice = notice.map(|notice| &notice.text);
            notice.or(is_usual.then_some(&toolbox.disabled))
        };
        // An agent that speaks for itself has what its definition names.
        let speaks = self.setup.options.agent.is_some()
            || self.agents.is_speaking() && profile.tools.iter().any(|tool| tool == own);
        let lacks = self.agents.is_speaking() && toolbox.agents_lack.iter().any(|tool| tool == own);
        let of_agent = match lacks {
            true => Some(&*toolbox.agents_lack_text),
            false => Some(&*toolbox.not_of_agent).filter(|text| speaks && !text.is_empty()),
        };
        let notice = notice.map(|notice| of_agent.unwrap_or(notice));
        let notice = notice.filter(|notice| !notice.is_empty());
        let notice = notice.map(|notice| text(notice, &Vars::new().with("tool", name)));
        match notice {
            Some(notice) => format!("Error: No such tool available: {name}. {notice}"),
            None => format!("Error: No such tool available: {name}"),
        }
    }
}

/// Adds a tool in the order of the names, behind those that stand apart.
fn insert(tools: &mut Vec<String>, tool: &str, apart: usize) {
    if tools.iter().any(|known| known == tool) {
        return;
    }
    let after = |known: &String| known.as_str() > tool;
    let at = tools.iter().skip(apart).position(after);
    tools.insert(at.map_or(tools.len(), |n| n + apart), tool.to_owned());
}
