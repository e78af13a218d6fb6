//! Control requests about MCP servers (PROTOCOL 7).

use super::calls::Refused;
use super::config::problem;
use super::{Server, State};
use crate::engine::Engine;
use crate::process::Quit;
use crate::protocol::control::{McpCall, McpReadResource, Request};
use crate::protocol::mcp::ServerConfig;
use crate::protocol::wire::Wire;
use crate::template::{Vars, render};
use serde_json::{Map, Value, json};

/// An answer: a payload, or the text of an error.
type Answer = Result<Value, String>;

impl Engine {
    /// Answers a request about servers; None where this is none that the version knows.
    pub(in crate::engine) fn mcp_request(
        &mut self,
        id: Option<Value>,
        request: &Request,
    ) -> Result<Option<()>, Quit> {
        let subtype = request.kind();
        if let Request::McpMessage(asked) = request {
            self.shake_aside(asked)?;
        }
        if !self.setup.profile.control.payloads.contains_key(subtype) {
            return Ok(None);
        }
        let answer = match request {
            Request::McpStatus(_) => Ok(json!({"mcpServers": self.shown_servers()})),
            Request::McpToggle(asked) => {
                let at = self.named_server(subtype, asked.server_name.as_deref());
                self.toggle_server(at, asked.enabled != Some(false))?
            }
            Request::McpReconnect(asked) => {
                match self.named_server(subtype, asked.server_name.as_deref()) {
                    // What the client has itself cannot be connected from here.
                    Ok(at) if self.mcp.servers[at].is_sdk() => {
                        Err("SDK servers should be handled in print.ts".to_owned())
                    }
                    at => self.toggle_server(at, true)?,
                }
            }
            Request::McpSetServers(asked) => match &asked.servers {
                Some(servers) => {
                    let (payload, greeted) = self.set_servers(servers)?;
                    self.succeed(id, payload)?;
                    for name in greeted {
                        self.greet(&name)?;
                    }
                    return Ok(Some(()));
                }
                None => Err("mcp_set_servers: servers must be an object of config objects".into()),
            },
            Request::McpCall(asked) => self.request_call(asked)?,
            Request::McpReadResource(asked) => self.read_resource(subtype, asked)?,
            // A notification of the client's server, or a late answer.
            Request::McpMessage(_) => Ok(Value::Null),
            _ => return Ok(None),
        };
        match answer {
            Ok(payload) => self.succeed(id, payload)?,
            Err(text) => self.fail(id, &text, None)?,
        }
        Ok(Some(()))
    }

    fn shown_servers(&self) -> Vec<Value> {
        let template = &self.setup.profile.mcp.status;
        let shown = |server: &Server| render(template, &server.vars());
        self.mcp.servers.iter().map(shown).collect()
    }

    /// The place of the server that a request names.
    fn named_server(&self, subtype: &str, name: Option<&str>) -> Result<usize, String> {
        let Some(name) = name else {
            return Err(format!("{subtype}: serverName must be a string"));
        };
        let found = self.mcp.servers.iter().position(|s| s.name == name);
        found.ok_or_else(|| format!("Server not found: {name}"))
    }

    fn toggle_server(&mut self, at: Result<usize, String>, on: bool) -> Result<Answer, Quit> {
        let at = match at {
            Ok(at) => at,
            Err(text) => return Ok(Err(text)),
        };
        if !on {
            self.mcp.servers[at].stop(&self.setup);
            self.mcp.servers[at].lost(State::Disabled);
            return Ok(Ok(Value::Null));
        }
        self.connect_again(at)
    }

    fn connect_again(&mut self, at: usize) -> Result<Answer, Quit> {
        let server = &mut self.mcp.servers[at];
        let name = server.name.clone();
        if server.is_sdk() {
            server.lost(State::Pending);
            self.greet(&name)?;
            return Ok(Ok(Value::Null));
        }
        self.restart(&name)?;
        Ok(match self.mcp.named(&name).map(|server| &server.state) {
            Some(State::Failed(why)) => Err(why.clone()),
            _ => Ok(Value::Null),
        })
    }

    /// Makes these the servers that a client has set. Those of the command line stay, unless one has their name.
    fn set_servers(&mut self, wanted: &Map<String, Value>) -> Result<(Value, Vec<String>), Quit> {
        let profile = &self.setup.profile.mcp;
        let (mut added, mut removed, mut greeted) = (Vec::new(), Vec::new(), Vec::new());
        let mut errors = json!({});
        let gone = |sdk: bool, server: &Server| {
            server.dynamic && server.is_sdk() == sdk && !wanted.contains_key(&server.name)
        };
        for sdk in [true, false] {
            let names = self
                .mcp
                .servers
                .iter()
                .filter(|s| gone(sdk, s))
                .map(|s| s.name.clone());
            removed.extend(names);
        }
        self.mcp.servers.retain_mut(|server| {
            let stays = !removed.contains(&server.name);
            if !stays {
                server.stop(&self.setup);
            }
            stays
        });
        for sdk in [true, false] {
            for (name, given) in wanted {
                let config = ServerConfig::read(given.clone()).unwrap_or_default();
                if (config.kind.as_deref() == Some("sdk")) != sdk {
                    continue;
                }
                let same = |s: &Server| s.name == *name && s.dynamic && s.config == config;
                if self.mcp.servers.iter().any(same) {
                    continue;
                }
                added.push(name.clone());
                self.mcp.servers.retain_mut(|server| {
                    let other = server.name != *name;
                    if !other {
                        server.stop(&self.setup);
                    }
                    other
                });
                let mut server = Server::new(name, given.clone(), self.log_of(name));
                server.dynamic = true;
                if sdk {
                    greeted.push(name.clone());
                } else if let Some(problem) = problem(name, given) {
                    server.lost(State::Failed(problem.message));
                } else {
                    self.mcp.links += 1;
                    server.connect(self.mcp.links, &self.setup);
                }
                // Those of the client come last.
                let servers = &mut self.mcp.servers;
                let first = servers.iter().position(|one| one.is_sdk() && !sdk);
                servers.insert(first.unwrap_or(servers.len()), server);
            }
        }
        for name in &added {
            self.await_server(name)?;
            if let Some(State::Failed(why)) = self.mcp.named(name).map(|server| &server.state) {
                let set = profile.set_failed.as_str();
                errors[name.as_str()] = if set.is_empty() { why.as_str() } else { set }.into();
            }
        }
        let payload = json!({"added": added, "removed": removed, "errors": errors});
        Ok((payload, greeted))
    }

    fn request_call(&mut self, request: &McpCall) -> Result<Answer, Quit> {
        let Some(full) = request.tool.as_deref() else {
            return Ok(Err("mcp_call: tool must be a string".into()));
        };
        let Some((name, tool)) = full.strip_prefix("mcp__").and_then(|t| t.split_once("__")) else {
            return Ok(Err(format!("Not a fully-qualified MCP tool name: {full}")));
        };
        let Some(server) = self
            .mcp
            .servers
            .iter()
            .find(|s| s.prefix() == name && s.state == State::Connected)
        else {
            return Ok(Err(format!("MCP server not connected: {name}")));
        };
        let server = server.name.clone();
        let arguments = request.arguments.clone().filter(Value::is_object);
        let arguments = arguments.unwrap_or_else(|| json!({}));
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.call_tool(&server, tool, params)?;
        Ok(match answer {
            Ok(result) => {
                let content = result
                    .content
                    .map_or(Value::Null, |content| content.write());
                Ok(json!({"content": content}))
            }
            Err(Refused::Tool(text) | Refused::Call(text)) => Err(text),
        })
    }

    fn read_resource(&mut self, subtype: &str, request: &McpReadResource) -> Result<Answer, Quit> {
        let name = request.server_name.as_deref();
        if name.is_none() {
            return Ok(self.named_server(subtype, name).map(|_| Value::Null));
        }
        let Some(uri) = request.uri.as_deref() else {
            return Ok(Err("mcp_read_resource: uri must be a string".into()));
        };
        if !uri.starts_with("ui://") {
            return Ok(Err(
                "mcp_read_resource: uri must use the ui:// scheme".into()
            ));
        }
        let at = match self.named_server(subtype, name) {
            Ok(at) => at,
            Err(text) => return Ok(Err(text)),
        };
        let name = self.mcp.servers[at].name.clone();
        if self.mcp.servers[at].state == State::Disabled {
            return Ok(Err(format!(
                "MCP server {name} is disabled — enable it (mcp_toggle) before reading"
            )));
        }
        let answer = self.ask_server(&name, "resources/read", json!({"uri": uri}))?;
        Ok(answer.map_err(|text| format!("mcp_read_resource: {text}")))
    }
}

impl Server {
    /// What `mcp_status` may show of it.
    fn vars(&self) -> Vars {
        let sdk = self.is_sdk();
        let given = &self.config;
        let kind = given.kind.as_deref().unwrap_or("stdio");
        let stdio = kind == "stdio";
        let config = ServerConfig {
            kind: Some(kind.to_owned()),
            command: given.command.clone().filter(|_| stdio),
            args: stdio.then(|| given.args.clone().unwrap_or_default()),
            url: given.url.clone(),
            headers: given.headers.clone(),
            ..ServerConfig::default()
        };
        let why = match &self.state {
            State::Failed(why) => Some(why.clone()),
            _ => None,
        };
        let connected = self.state == State::Connected;
        let tool = |tool: &super::Tool| json!({"name": tool.name, "annotations": tool.annotations});
        let tools: Vec<Value> = self.tools.iter().map(tool).collect();
        let info = connected.then(|| self.info.clone());
        Vars::new()
            .with("name", self.name.as_str())
            .with("status", self.status())
            .maybe("process_info", info.clone().filter(|_| !sdk))
            .maybe("server_info", info)
            .maybe("error", why)
            .maybe("config", (!sdk).then(|| config.write()))
            .with("transport", kind)
            .with("scope", self.source)
            .with("source", self.source())
            .maybe("tools", connected.then_some(tools))
    }
}
