//! A connection to a server that is no part of the client: JSON-RPC, both ways.
//!
//! What a server sends arrives in the inbox, so that the engine answers its requests and everybody else's while it
//! waits for one of its own.

use super::hello;
use super::http::Http;
use super::stdio::Process;
use crate::order::SortedMap;
use crate::process::Arrival;
use crate::profile::{Mcp, ServerEnd};
use crate::protocol::mcp::{
    Elicit, Elicited, Id, InitializeResult, Message, ServerConfig, ToolList,
};
use crate::protocol::wire::Wire as _;
use serde_json::{Value, json};
use std::io;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// The id of the question which protocol a server speaks; ours are numbers otherwise.
const PROBE: &str = "server-discover-probe-1";

/// The protocols that are spoken besides the one that is asked for.
const PROTOCOLS: [&str; 4] = ["2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"];

/// What a server is reached by.
#[derive(Debug)]
enum Wire {
    Process(Process),
    Http(Http),
}

/// How far a connection is.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    /// It was asked which protocol it speaks.
    Probing,
    /// `initialize` is out.
    Greeting,
    /// Its tools are asked for.
    Listing,
    Ready,
    /// It has ended, or was never there: why.
    Lost(String),
}

/// A connection.
#[derive(Debug)]
pub(super) struct Link {
    /// The number under which its messages arrive.
    pub(super) id: u64,
    wire: Wire,
    stage: Stage,
    /// When it was begun.
    pub(super) begun: Instant,
    /// How many requests were sent.
    requests: u64,
    /// What it said to `initialize` and `tools/list`.
    pub(super) hello: InitializeResult,
    pub(super) listed: ToolList,
    /// Answers to requests that somebody waits for, by their numbers.
    answers: SortedMap<u64, Message>,
}

/// What an arrival has changed.
#[derive(Debug, PartialEq)]
pub(super) enum Change {
    Nothing,
    /// It is ready, or its tools are others.
    Listed,
    /// The user is asked something, or an answer has come elsewhere.
    Asked(Option<Id>, Box<Elicit>),
    /// The handshake has failed, or the connection is gone.
    Lost(String),
}

impl Link {
    /// Begins a connection. The error is what is said of a server that cannot be reached.
    pub(super) fn begin(
        id: u64,
        config: &ServerConfig,
        cwd: &Path,
        profile: &Mcp,
        call: u32,
        inbox: Sender<Arrival>,
    ) -> Result<Link, String> {
        let wire = match config.kind.as_deref() {
            Some("http" | "streamable-http" | "sse") => Wire::Http(Http::begin(id, config, inbox)?),
            None | Some("stdio") => {
                let program = config.command.as_deref().unwrap_or_default();
                let started = Process::start(id, config, program, cwd, call, inbox);
                Wire::Process(started.map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => {
                        let sought = !program.contains('/') && !profile.unfound_program.is_empty();
                        let text = match sought {
                            true => &profile.unfound_program,
                            false => &profile.missing_program,
                        };
                        text.replace("${program}", program)
                    }
                    _ => error.to_string(),
                })?)
            }
            Some(other) => return Err(format!("unsupported transport: {other}")),
        };
        let mut link = Link {
            id,
            wire,
            stage: Stage::Probing,
            begun: Instant::now(),
            requests: 0,
            hello: InitializeResult::default(),
            listed: ToolList::default(),
            answers: SortedMap::new(),
        };
        match profile.probes && matches!(link.wire, Wire::Process(_)) {
            true => link.probe(profile),
            false => link.greet(profile),
        }
        Ok(link)
    }

    fn probe(&mut self, profile: &Mcp) {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": profile.client,
            "io.modelcontextprotocol/clientCapabilities": profile.capabilities,
        });
        self.send(&json!({
            "jsonrpc": "2.0", "id": PROBE, "method": "server/discover", "params": {"_meta": meta},
        }));
    }

    fn greet(&mut self, profile: &Mcp) {
        self.stage = Stage::Greeting;
        self.request("initialize", hello(profile, &profile.capabilities));
    }

    /// Whether the handshake is not through.
    pub(super) fn is_connecting(&self) -> bool {
        !matches!(self.stage, Stage::Ready | Stage::Lost(_))
    }

    /// Whether nothing comes any more.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self.stage, Stage::Lost(_))
    }

    /// Goes on without an answer that is late: a server that does not know the question may say nothing to it. False
    /// where it is the server itself that is late.
    pub(super) fn hurry(&mut self, profile: &Mcp) -> bool {
        let probing = self.stage == Stage::Probing;
        if probing {
            self.greet(profile);
        }
        probing
    }

    /// Sends a request; its number.
    pub(super) fn request(&mut self, method: &str, params: Value) -> u64 {
        let id = self.requests;
        self.requests += 1;
        let empty = params.as_object().is_some_and(serde_json::Map::is_empty);
        let message = Message::request(id, method, Some(params).filter(|_| !empty));
        self.send(&message.write());
        id
    }

    /// The number that the next request has.
    pub(super) fn next_id(&self) -> u64 {
        self.requests
    }

    /// Sends a notification.
    pub(super) fn notify(&mut self, method: &str, params: Value) {
        self.send(&match params {
            Value::Null => json!({"jsonrpc": "2.0", "method": method}),
            params => json!({"jsonrpc": "2.0", "method": method, "params": params}),
        });
    }

    /// Answers a question of the server's.
    pub(super) fn reply(&mut self, id: &Id, answer: &Elicited) {
        self.send(&json!({"result": answer.write(), "jsonrpc": "2.0", "id": id.write()}));
    }

    fn send(&mut self, message: &Value) {
        match &mut self.wire {
            Wire::Process(process) => process.send(message),
            Wire::Http(http) => http.send(message),
        }
    }

    /// The answer to a request, if it is there.
    pub(super) fn answer(&mut self, id: u64) -> Option<Message> {
        self.answers.remove(&id)
    }

    /// Whether there is nothing more to wait for.
    pub(super) fn has_answered(&self, id: u64) -> bool {
        self.answers.contains_key(&id) || self.is_lost()
    }

    /// Takes a message of the server's.
    pub(super) fn take(&mut self, message: Value, profile: &Mcp, cwd: &Path) -> Change {
        let message = Message::read(message).unwrap_or_default();
        let id = message.id.value().cloned();
        let elicits = profile.capabilities.get("elicitation").is_some();
        let asked = || Box::new(Elicit::at(message.params.as_ref().unwrap_or(&Value::Null)));
        match (message.method.as_deref(), id) {
            (Some("elicitation/create"), Some(id)) if elicits => Change::Asked(Some(id), asked()),
            (Some("notifications/elicitation/complete"), None) if elicits => {
                Change::Asked(None, asked())
            }
            (Some(method), Some(id)) => {
                self.serve(method, &id.write(), cwd);
                Change::Nothing
            }
            (Some("notifications/tools/list_changed"), None) if self.stage == Stage::Ready => {
                if profile.probes {
                    self.stage = Stage::Listing;
                    self.request("tools/list", json!({}));
                }
                Change::Nothing
            }
            (Some(_), None) | (None, None) => Change::Nothing,
            (None, Some(id)) => self.answered(&id, message, profile),
        }
    }

    /// Answers a request of the server's. Its ids have nothing to do with ours.
    fn serve(&mut self, method: &str, id: &Value, cwd: &Path) {
        let answer = match method {
            "ping" => json!({"result": {}, "jsonrpc": "2.0", "id": id}),
            "roots/list" => {
                let root = format!("file://{}", cwd.display());
                json!({"result": {"roots": [{"uri": root}]}, "jsonrpc": "2.0", "id": id})
            }
            _ => json!({
                "jsonrpc": "2.0", "id": id,
                "error": {"code": -32601, "message": "Method not found"},
            }),
        };
        self.send(&answer);
    }

    fn answered(&mut self, id: &Id, message: Message, profile: &Mcp) -> Change {
        if self.stage == Stage::Probing && *id == Id::Text(PROBE.into()) {
            self.greet(profile);
            return Change::Nothing;
        }
        let number = match id {
            Id::Number(number) => u64::try_from(*number).ok(),
            Id::Text(_) => None,
        };
        let Some(number) = number else {
            return Change::Nothing;
        };
        let last = number + 1 == self.requests;
        match self.stage {
            Stage::Greeting if number == 0 => match result(message, profile) {
                Ok(hello) => {
                    self.hello = InitializeResult::read(hello).unwrap_or_default();
                    if let Some(spoken) = &self.hello.protocol_version
                        && spoken != &profile.protocol
                        && !PROTOCOLS.contains(&spoken.as_str())
                    {
                        let why = format!("Server's protocol version is not supported: {spoken}");
                        return self.lose(why);
                    }
                    let capabilities = self.hello.capabilities.as_ref();
                    let has_tools = capabilities.is_some_and(|can| can.tools.value().is_some());
                    if let Wire::Http(http) = &mut self.wire {
                        http.speaks(&self.hello);
                    }
                    match profile.version_first {
                        true => self.notify("notifications/initialized", Value::Null),
                        false => self.send(
                            &json!({"method": "notifications/initialized", "jsonrpc": "2.0"}),
                        ),
                    }
                    if has_tools {
                        self.stage = Stage::Listing;
                        self.request("tools/list", json!({}));
                        return Change::Nothing;
                    }
                    self.stage = Stage::Ready;
                    Change::Listed
                }
                Err(why) => self.lose(why),
            },
            Stage::Listing if last => match result(message, profile) {
                Ok(listed) => {
                    self.listed = ToolList::read(listed).unwrap_or_default();
                    self.stage = Stage::Ready;
                    Change::Listed
                }
                Err(why) => self.lose(why),
            },
            _ => {
                self.answers.insert(number, message);
                Change::Nothing
            }
        }
    }

    /// The connection is gone; why, where that is known.
    pub(super) fn closed(&mut self, why: Option<String>, profile: &Mcp) -> Change {
        match self.is_lost() {
            true => Change::Nothing,
            false => self.lose(why.unwrap_or_else(|| closed(profile))),
        }
    }

    fn lose(&mut self, why: String) -> Change {
        self.stage = Stage::Lost(why.clone());
        Change::Lost(why)
    }

    /// The server's process, where it is one of its own.
    pub(super) fn pid(&self) -> Option<i32> {
        match &self.wire {
            Wire::Process(process) => process.pid(),
            Wire::Http(_) => None,
        }
    }

    /// Ends the server, whether it has ended by itself or not.
    pub(super) fn end(self, end: ServerEnd) {
        if let Wire::Process(process) = self.wire {
            process.end(end);
        }
    }
}

/// How long a connection may take.
pub(super) fn patience() -> Duration {
    let given = std::env::var("MCP_TIMEOUT").ok();
    let ms = given
        .and_then(|ms| ms.trim().parse().ok())
        .filter(|ms| *ms > 0);
    Duration::from_millis(ms.unwrap_or(30_000))
}

/// What is said of a server that has ended.
pub(super) fn closed(profile: &Mcp) -> String {
    said(-32000, "Connection closed", profile)
}

/// The result in an answer; the error as the version tells it.
pub(super) fn result(answer: Message, profile: &Mcp) -> Result<Value, String> {
    match answer.error {
        None => Ok(answer.result.unwrap_or_default()),
        Some(error) => {
            let text = error.message.unwrap_or_default();
            Err(said(error.code.unwrap_or_default(), &text, profile))
        }
    }
}

/// An error of a server: newer versions tell it by its message alone.
pub(super) fn said(code: i64, text: &str, profile: &Mcp) -> String {
    if profile.plain_errors {
        text.to_owned()
    } else {
        format!("MCP error {code}: {text}")
    }
}
