//! Starting the servers of a run, and calling their tools.

use super::log::Log;
use super::{Problem, Server, State, find, link, title};
use crate::engine::tools::Done;
use crate::engine::{Engine, Setup};
use crate::process::Quit;
use crate::template::Vars;
use serde_json::{Value, json};
use std::time::Instant;

/// The servers that the command line names, started; and those that are skipped.
pub(in crate::engine) fn start(setup: &Setup, since_ms: u64) -> (Vec<Server>, Vec<Problem>) {
    let profile = setup.profile;
    // Faults have ended the process before.
    let (configs, problems) =
        super::check_config(&setup.options.mcp_configs, &setup.cwd, &profile.mcp)
            .unwrap_or_default();
    let servers = configs.into_iter().map(|(name, config)| {
        let log = Log::of(&name, profile, &setup.cwd, &setup.session.id, since_ms);
        Server::new(&name, config, log)
    });
    (
        link::start_all(servers.collect(), &profile.mcp, &setup.cwd),
        problems,
    )
}

impl Engine {
    pub(super) fn log_of(&self, server: &str) -> Log {
        let (setup, since) = (&self.setup, self.progress.started_ms);
        Log::of(server, setup.profile, &setup.cwd, &setup.session.id, since)
    }

    /// What an MCP server says to a call of the model.
    pub(in crate::engine) fn call_server(
        &mut self,
        name: &str,
        input: &Value,
        id: &str,
    ) -> Result<Done, Quit> {
        let Some((server, tool)) = find(&mut self.mcp.servers, name) else {
            return Ok(Done::error(&format!(
                "Error: No such tool available: {name}"
            )));
        };
        let server = server.name.clone();
        let meta = json!({"claudecode/toolUseId": id});
        let params = json!({"name": tool, "arguments": input, "_meta": meta});
        let profile = self.setup.profile;
        Ok(match self.call_tool(&server, &tool, params)? {
            Ok(content) => {
                Done::plain(content.clone(), content).keeping("not_read_only", "no_hint")
            }
            Err(Refused::Tool(text)) => Done {
                content: format!("{text}{}", profile.mcp.failed_note).into(),
                ..Done::failed(&text)
            },
            Err(Refused::Call(text)) => Done::failed(&text),
        })
    }

    /// Calls a tool of a server.
    pub(in crate::engine) fn call_tool(
        &mut self,
        name: &str,
        tool: &str,
        params: Value,
    ) -> Result<Result<Value, Refused>, Quit> {
        let profile = &self.setup.profile.mcp;
        let Some(log) = self
            .mcp
            .servers
            .iter()
            .find(|s| s.name == name)
            .map(|s| s.log.clone())
        else {
            return Ok(Err(Refused::Call("Not connected".into())));
        };
        self.mcp.served = Some((name.to_owned(), tool.to_owned()));
        let begun = Instant::now();
        log.note(profile, "calling", &Vars::new().with("tool", tool));
        let answer = self.ask_server(name, "tools/call", params)?;
        let took = begun.elapsed();
        let vars = Vars::new()
            .with("tool", tool)
            .with("ms", crate::engine::millis(took))
            .with("s", took.as_secs());
        Ok(match answer {
            Ok(result) if result["isError"] == true => {
                let texts = result["content"].as_array().into_iter().flatten();
                let texts: Vec<&str> = texts.filter_map(|block| block["text"].as_str()).collect();
                let text = match profile.plain_errors {
                    true => texts.join("\n"),
                    false => texts.first().copied().unwrap_or_default().to_owned(),
                };
                let vars = vars.with("error", text.as_str());
                log.fault(profile, "call_fault", &vars);
                log.note(profile, "call_failed", &vars);
                Err(Refused::Tool(text))
            }
            Ok(result) => {
                log.note(profile, "called", &vars);
                Ok(result["content"].clone())
            }
            Err(text) => {
                log.note(profile, "call_failed", &vars.with("error", text.as_str()));
                Err(Refused::Call(text))
            }
        })
    }

    /// What stands beside a call of a server's tool.
    pub(in crate::engine) fn served(&self, block: &Value) -> Option<Value> {
        let full = block["name"].as_str()?;
        let (prefix, tool) = full.strip_prefix("mcp__")?.split_once("__")?;
        let server = self.mcp.servers.iter().find(|s| s.prefix() == prefix);
        let known = server.and_then(|s| s.tools.iter().find(|t| t.name == tool));
        let named = known.and_then(|tool| tool.title.clone());
        let mut shown =
            json!({"id": block["id"], "display_name": named.unwrap_or_else(|| title(tool))});
        if let (Some(server), Some(_)) = (server, known) {
            shown["server_display_name"] = server.name.as_str().into();
            shown["tool_name"] = tool.into();
        }
        Some(json!([shown]))
    }

    /// A request to a server, wherever it lives. The error is what it said, or that it is gone.
    pub(super) fn ask_server(
        &mut self,
        name: &str,
        method: &str,
        params: Value,
    ) -> Result<Result<Value, String>, Quit> {
        let (profile, cwd) = (&self.setup.profile.mcp, self.setup.cwd.clone());
        let Some(server) = self.mcp.servers.iter_mut().find(|s| s.name == name) else {
            return Ok(Err("Not connected".into()));
        };
        if server.is_sdk() {
            return self.ask_sdk(name, method, params);
        }
        if server.link.is_none() && server.state == State::Connected && profile.restarts {
            // Newer versions start it again where it has ended.
            server.restart(profile, &cwd);
        }
        Ok(server.ask(method, params, profile))
    }
}

/// Why a call did not go well.
#[derive(Debug)]
pub(in crate::engine) enum Refused {
    /// The tool says so.
    Tool(String),
    /// There was no result.
    Call(String),
}
