//! MCP servers: those that are processes, and those that live in the client (PROTOCOL 8.2).

mod calls;
mod config;
mod connect;
mod files;
mod http;
mod link;
mod log;
mod questions;
mod reach;
mod requests;
mod results;
mod sdk;
mod stdio;

pub(crate) use config::{Checked, Problem, check as check_config};
pub(crate) use files::with_files;
pub(crate) use reach::reach as reach_server;
use sdk::Handshake;

use super::Setup;
use crate::profile::Mcp;
use crate::protocol::mcp::{Annotations, ServerConfig, ToolList};
use crate::protocol::wire::Wire;
use link::Link;
use log::Log;
use questions::Question;
use serde_json::{Value, json};
use std::time::Instant;

/// The servers of a session.
#[derive(Debug)]
pub(super) struct Servers {
    pub(super) servers: Vec<Server>,
    /// Servers of `--mcp-config` that are skipped.
    pub(super) problems: Vec<Problem>,
    /// Handshakes with servers of the client.
    pub(super) handshakes: Vec<Handshake>,
    /// The server and the tool that were called since the last answer.
    pub(super) served: Option<(String, String)>,
    /// What servers have asked the user, until it is answered.
    asked: Vec<Question>,
    /// Whether those of the start were waited for.
    awaited: bool,
    /// How many connections were begun.
    links: u64,
}

impl Servers {
    /// The servers of the setup, started; the engine waits for them.
    pub(super) fn start(setup: &Setup, since_ms: u64) -> Servers {
        let profile = setup.profile;
        let (configs, problems) = setup.servers.clone();
        let mut links = 0;
        let servers = configs.into_iter().map(|given| {
            let log = Log::of(
                &given.name,
                profile,
                &setup.cwd,
                &setup.session.id,
                since_ms,
            );
            let mut server = Server::new(&given.name, given.config, log);
            server.source = given.source;
            links += 1;
            server.connect(links, setup);
            server
        });
        Servers {
            servers: servers.collect(),
            problems,
            handshakes: Vec::new(),
            served: None,
            asked: Vec::new(),
            awaited: false,
            links,
        }
    }
}

/// A server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: String,
    config: ServerConfig,
    state: State,
    tools: Vec<Tool>,
    info: Value,
    since: Option<Instant>,
    /// When it was known last whether it can be reached.
    settled: Option<Instant>,
    /// The connection, where it does not live in the client.
    link: Option<Link>,
    /// Where it was named, unless it lives in the client.
    source: &'static str,
    /// Whether `mcp_set_servers` brought it.
    dynamic: bool,
    log: Log,
    /// How many requests it got, where it lives in the client.
    requests: u64,
}

/// How a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Pending,
    Connected,
    /// Why it could not be reached.
    Failed(String),
    Disabled,
}

/// A tool of a server.
#[derive(Debug, Clone)]
struct Tool {
    name: String,
    /// Its name for people, where it has one of its own.
    title: Option<String>,
    annotations: Value,
}

impl Server {
    fn new(name: &str, config: Value, log: Log) -> Server {
        Server {
            name: name.to_owned(),
            config: ServerConfig::read(config).unwrap_or_default(),
            state: State::Pending,
            tools: Vec::new(),
            info: Value::Null,
            since: None,
            settled: None,
            link: None,
            source: "dynamic",
            dynamic: false,
            log,
            requests: 0,
        }
    }

    /// Whether it lives in the client.
    pub(super) fn is_sdk(&self) -> bool {
        self.config.kind.as_deref() == Some("sdk")
    }

    /// Its name, as it stands in the names of its tools.
    pub(super) fn prefix(&self) -> String {
        plain(&self.name)
    }

    /// The names of its tools, as the model knows them.
    pub(super) fn full_names(&self) -> impl Iterator<Item = String> {
        let name = self.prefix();
        self.tools
            .iter()
            .map(move |tool| format!("mcp__{name}__{}", plain(&tool.name)))
    }

    /// Whether its tools can be called.
    pub(super) fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// Where it was named.
    pub(super) fn source(&self) -> &'static str {
        if self.is_sdk() { "sdk" } else { self.source }
    }

    /// As `init` names its state.
    pub(super) fn status(&self) -> &'static str {
        match self.state {
            State::Pending => "pending",
            State::Connected => "connected",
            State::Failed(_) => "failed",
            State::Disabled => "disabled",
        }
    }

    /// Takes what it answered to `tools/list`.
    fn connected(&mut self, listed: ToolList) {
        let tools = listed.tools.into_iter().flatten();
        self.tools = tools
            .filter_map(|tool| {
                let annotations = tool.annotations.unwrap_or_default();
                Some(Tool {
                    name: tool.name?,
                    annotations: shown(&annotations),
                    title: annotations.title,
                })
            })
            .collect();
        self.state = State::Connected;
    }

    fn lost(&mut self, state: State) {
        self.state = state;
        self.tools.clear();
        self.info = Value::Null;
        self.since = None;
    }
}

/// What a tool says of itself, as `mcp_status` shows it.
fn shown(given: &Annotations) -> Value {
    let hints = [
        ("readOnly", given.read_only),
        ("destructive", given.destructive),
        ("openWorld", given.open_world),
    ];
    let known = hints
        .into_iter()
        .filter_map(|(name, hint)| Some((name.to_owned(), hint?.into())));
    Value::Object(known.collect())
}

/// The server of a tool, and its own name there.
pub(super) fn find<'a>(servers: &'a mut [Server], tool: &str) -> Option<(&'a mut Server, String)> {
    let (server, name) = tool.strip_prefix("mcp__")?.split_once("__")?;
    let found = servers.iter_mut().find(|s| s.prefix() == server)?;
    let known = found.tools.iter().find(|t| plain(&t.name) == name);
    let known = known.map(|tool| tool.name.clone());
    known.map(|known| (found, known))
}

/// A name with the characters that names of tools may have.
fn plain(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect()
}

/// The name of a tool for people: its words, each with a capital.
pub(super) fn title(tool: &str) -> String {
    let mut begins = true;
    let mut shown = String::new();
    for c in tool.chars().map(|c| if c == '_' { ' ' } else { c }) {
        shown.push(if begins { c.to_ascii_uppercase() } else { c });
        begins = !c.is_ascii_alphanumeric();
    }
    shown
}

/// The parameters of the first request.
fn hello(profile: &Mcp, capabilities: &Value) -> Value {
    json!({
        "protocolVersion": profile.protocol, "capabilities": capabilities, "clientInfo": profile.client,
    })
}
