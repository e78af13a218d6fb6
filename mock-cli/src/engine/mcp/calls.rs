//! Calling the tools of servers.

use super::link::{self, Link, closed, result};
use super::log::Log;
use super::{Servers, State, find, plain, title};
use crate::engine::tools::Done;
use crate::engine::{Engine, Setup};
use crate::process::Quit;
use crate::protocol::api::Block;
use crate::protocol::mcp::{CallResult, Content, Implementation};
use crate::protocol::stream::ToolUseMeta;
use crate::protocol::wire::Wire;
use crate::template::{Vars, text};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

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
            Ok(result) => {
                let (content, structured) = self.told_result(&server, name, result);
                Done::plain(content, structured).keeping("not_read_only", "no_hint")
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
    ) -> Result<Result<CallResult, Refused>, Quit> {
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
        let answer = answer.map(|result| CallResult::read(result).unwrap_or_default());
        Ok(match answer {
            Ok(result) if result.is_error == Some(true) => {
                let blocks = result.content.iter().flatten();
                let texts: Vec<&str> = blocks.filter_map(Content::as_text).collect();
                let text = match profile.plain_errors {
                    true => texts.join("\n"),
                    false => texts.first().copied().unwrap_or_default().to_owned(),
                };
                let text = match text.as_str() {
                    "" => "Unknown error".to_owned(),
                    _ => text,
                };
                let vars = vars.with("error", text.as_str());
                log.fault(profile, "call_fault", &vars);
                log.note(profile, "call_failed", &vars);
                Err(Refused::Tool(text))
            }
            Ok(result) => {
                log.note(profile, "called", &vars);
                Ok(result)
            }
            Err(text) => {
                log.note(profile, "call_failed", &vars.with("error", text.as_str()));
                Err(Refused::Call(text))
            }
        })
    }

    /// What stands beside a call of a server's tool.
    pub(in crate::engine) fn served(&self, block: &Block) -> Option<Value> {
        let call = block.as_tool_use()?;
        let full = call.name.as_deref()?;
        let (prefix, tool) = full.strip_prefix("mcp__")?.split_once("__")?;
        let server = self.mcp.servers.iter().find(|s| s.prefix() == prefix);
        let known = server.and_then(|s| s.tools.iter().find(|t| plain(&t.name) == tool));
        let named = known.and_then(|tool| tool.title.clone());
        let mut shown = ToolUseMeta {
            id: call.id.clone().into_value(),
            display_name: Some(named.unwrap_or_else(|| title(tool))),
            ..ToolUseMeta::default()
        };
        if let (Some(server), Some(known)) = (server, known) {
            let own = Implementation::read(server.info.clone()).unwrap_or_default();
            let own = own
                .title
                .or(own.name)
                .unwrap_or_else(|| server.name.clone());
            shown.server_display_name = Some(own);
            let names = self.setup.profile.mcp.shows_tool_names;
            shown.tool_name = names.then(|| known.name.clone());
        }
        Some(vec![shown].write())
    }

    /// A request to a server, wherever it lives. The error is what it said, or that it is gone.
    pub(super) fn ask_server(
        &mut self,
        name: &str,
        method: &str,
        params: Value,
    ) -> Result<Result<Value, String>, Quit> {
        let profile = &self.setup.profile.mcp;
        let Some(server) = self.mcp.named(name) else {
            return Ok(Err("Not connected".into()));
        };
        if server.is_sdk() {
            return self.ask_sdk(name, method, params);
        }
        let gone = server.link.as_ref().is_none_or(Link::is_lost);
        if gone && server.state == State::Connected && profile.restarts {
            // Newer versions start it again where it has ended.
            self.restart(name)?;
        }
        let Some(link) = self.mcp.link(name) else {
            return Ok(Err("Not connected".into()));
        };
        if link.is_lost() {
            self.mcp.drop_link(name, &self.setup);
            return Ok(Err("Not connected".into()));
        }
        let mut params = params;
        let tool = params
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_owned);
        if profile.progress
            && method == "tools/call"
            && let Some(map) = params.as_object_mut()
            && let Value::Object(meta) = map.entry("_meta").or_insert_with(|| json!({}))
        {
            meta.insert("progressToken".into(), link.next_id().into());
        }
        let id = link.request(method, params);
        let limit = call_limit().map(|limit| Instant::now() + limit);
        loop {
            self.wait_while("server", limit, false, |engine| {
                let link = engine
                    .mcp
                    .named(name)
                    .and_then(|server| server.link.as_ref());
                engine.mcp.asked.is_empty() && link.is_some_and(|link| !link.has_answered(id))
            })?;
            if self.mcp.asked.is_empty() {
                break;
            }
            self.answer_questions()?;
        }
        let halted = self.progress.halt.is_some();
        let Some(link) = self.mcp.link(name) else {
            return Ok(Err(closed(profile)));
        };
        if let Some(answer) = link.answer(id) {
            return Ok(result(answer, profile));
        }
        if link.is_lost() {
            self.mcp.drop_link(name, &self.setup);
            return Ok(Err(closed(profile)));
        }
        let reason = match halted {
            true => profile.cancel_reason.clone(),
            false => link::said(-32001, "Request timed out", profile),
        };
        link.notify(
            "notifications/cancelled",
            json!({"requestId": id, "reason": reason}),
        );
        let seconds = call_limit().map_or(0, |limit| limit.as_secs());
        let vars = Vars::new()
            .with("server", name)
            .with("tool", tool.as_deref().unwrap_or(method))
            .with("s", seconds);
        Ok(Err(match halted {
            true => reason,
            false => text(&profile.timed_out, &vars),
        }))
    }

    /// Connects to a server once more, and waits for it.
    pub(super) fn restart(&mut self, name: &str) -> Result<(), Quit> {
        self.mcp.links += 1;
        let id = self.mcp.links;
        if let Some(server) = self.mcp.servers.iter_mut().find(|s| s.name == name) {
            server.stop(&self.setup);
            server.connect(id, &self.setup);
        }
        self.await_server(name)
    }
}

impl Servers {
    pub(super) fn link(&mut self, name: &str) -> Option<&mut Link> {
        let server = self.servers.iter_mut().find(|server| server.name == name);
        server.and_then(|server| server.link.as_mut())
    }

    /// Forgets a connection that has ended.
    fn drop_link(&mut self, name: &str, setup: &Setup) {
        if let Some(server) = self.servers.iter_mut().find(|server| server.name == name)
            && let Some(link) = server.link.take()
        {
            let pid = link.pid();
            link.end(setup.profile.mcp.ends);
            if let Some(pid) = pid {
                setup.ending.server_ended(pid);
            }
        }
    }
}

/// How long a call may take; None: for ever, as far as anybody has seen.
fn call_limit() -> Option<Duration> {
    let given = std::env::var("MCP_TOOL_TIMEOUT").ok()?;
    let ms = given.trim().parse().ok().filter(|ms| *ms > 0)?;
    Some(Duration::from_millis(ms))
}

/// Why a call did not go well.
#[derive(Debug)]
pub(in crate::engine) enum Refused {
    /// The tool says so.
    Tool(String),
    /// There was no result.
    Call(String),
}
