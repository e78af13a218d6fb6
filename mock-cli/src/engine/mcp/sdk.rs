//! MCP servers that live in the client: every message goes as a control request `mcp_message` (PROTOCOL 8.2).

use super::{Server, State, hello};
use crate::engine::Engine;
use crate::process::Quit;
use crate::profile;
use crate::protocol::control::{McpMessage, McpReply, Response};
use crate::protocol::mcp::{Id, InitializeResult, Message, ToolList};
use crate::protocol::wire::Wire;
use serde_json::{Value, json};

/// A handshake under way.
#[derive(Debug)]
pub(in crate::engine) struct Handshake {
    server: String,
    /// The request that is to be answered next.
    request: String,
    stage: Stage,
    info: Value,
}

/// What was sent last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Initialize,
    Initialized,
    List,
}

impl Engine {
    /// Adds the servers that `initialize` names.
    pub(in crate::engine) fn take_sdk_servers(&mut self, named: &[String]) -> Result<(), Quit> {
        let profile = &self.setup.profile.mcp;
        if !profile.named_by_client {
            return Ok(());
        }
        for name in named {
            if self.mcp.servers.iter().any(|s| s.name == *name) {
                continue;
            }
            let config = json!({"type": "sdk", "name": name});
            let server = Server::new(name, config, self.log_of(name));
            self.mcp.servers.push(server);
            if profile.handshake == profile::Handshake::Once {
                self.greet(name)?;
            }
        }
        Ok(())
    }

    /// Begins the handshakes that are due when the process starts.
    pub(in crate::engine) fn greet_at_start(&mut self) -> Result<(), Quit> {
        // (The profile is looked at only where there is a server.)
        if !self.mcp.servers.is_empty()
            && self.setup.profile.mcp.handshake != profile::Handshake::Turn
        {
            self.greet_pending()?;
        }
        Ok(())
    }

    /// Begins the handshakes that are due when a turn starts, and waits for all of them.
    pub(in crate::engine) fn greet_at_turn(&mut self) -> Result<(), Quit> {
        if !self.streams() || self.mcp.servers.is_empty() {
            return Ok(());
        }
        if self.setup.profile.mcp.handshake != profile::Handshake::Once {
            self.greet_pending()?;
        }
        let open = |engine: &Engine| !engine.mcp.handshakes.is_empty() && !engine.queue.input_ended;
        while open(self) {
            if let Some(arrival) = self.setup.inbox.wait("answer", None) {
                self.handle(arrival)?;
            }
        }
        // Nobody is there any more who could answer.
        for handshake in std::mem::take(&mut self.mcp.handshakes) {
            self.lose(&handshake.server, "Stream closed");
        }
        Ok(())
    }

    fn greet_pending(&mut self) -> Result<(), Quit> {
        let pending = |s: &&Server| s.is_sdk() && s.state == State::Pending;
        let names: Vec<String> = self
            .mcp
            .servers
            .iter()
            .filter(pending)
            .map(|s| s.name.clone())
            .collect();
        for name in names {
            self.greet(&name)?;
        }
        Ok(())
    }

    /// Begins a handshake.
    pub(super) fn greet(&mut self, name: &str) -> Result<(), Quit> {
        let params = hello(&self.setup.profile.mcp, &json!({}));
        let message = Message::request(0, "initialize", Some(params));
        let request = self.send_mcp(name, message.write())?;
        self.mcp.handshakes.push(Handshake {
            server: name.to_owned(),
            request,
            stage: Stage::Initialize,
            info: Value::Null,
        });
        Ok(())
    }

    /// Sends a message to a server; the id of the control request.
    fn send_mcp(&mut self, name: &str, message: Value) -> Result<String, Quit> {
        let request = self.setup.ids.uuid();
        self.setup.out.message(json!({
            "type": "control_request", "request_id": request,
            "request": {"subtype": "mcp_message", "server_name": name, "message": message},
        }))?;
        Ok(request)
    }

    /// Takes an answer, if it is one to a handshake, and goes on with that.
    pub(in crate::engine) fn shake(
        &mut self,
        request: &str,
        answer: &Response,
    ) -> Result<bool, Quit> {
        let Some(at) = self
            .mcp
            .handshakes
            .iter()
            .position(|h| h.request == request)
        else {
            return Ok(false);
        };
        let answer = result_of(answer, &self.setup.profile.mcp);
        self.shaken(at, answer)?;
        Ok(true)
    }

    /// Takes an answer that a client sends as a message of its own: it does so with the second of two answers to requests
    /// of the same number.
    pub(super) fn shake_aside(&mut self, asked: &McpMessage) -> Result<(), Quit> {
        let message = asked.message.clone().unwrap_or_default();
        let stage = match message.id.value() {
            Some(Id::Number(0)) => Stage::Initialize,
            Some(Id::Number(1)) => Stage::List,
            _ => return Ok(()),
        };
        let name = asked.server_name.as_deref().unwrap_or_default();
        let mut open = self.mcp.handshakes.iter();
        let at = open.position(|one| one.server == name && one.stage == stage);
        match (at, message.result) {
            (Some(at), Some(result)) => self.shaken(at, Ok(result)),
            _ => Ok(()),
        }
    }

    /// Goes on with a handshake after an answer.
    fn shaken(&mut self, at: usize, answer: Result<Value, String>) -> Result<(), Quit> {
        let mut handshake = self.mcp.handshakes.swap_remove(at);
        let name = handshake.server.clone();
        let result = match (handshake.stage, answer) {
            // What a notification is answered with does not matter.
            (Stage::Initialized, _) => Value::Null,
            (_, Ok(result)) => result,
            (_, Err(text)) => {
                self.lose(&name, &text);
                return Ok(());
            }
        };
        let (stage, message) = match handshake.stage {
            Stage::Initialize => {
                let hello = InitializeResult::read(result).unwrap_or_default();
                handshake.info = hello.server_info.unwrap_or_default();
                let method = "notifications/initialized";
                let message = match self.setup.profile.mcp.version_first {
                    true => json!({"jsonrpc": "2.0", "method": method}),
                    false => json!({"method": method, "jsonrpc": "2.0"}),
                };
                (Stage::Initialized, message)
            }
            Stage::Initialized => (Stage::List, Message::request(1, "tools/list", None).write()),
            Stage::List => {
                if let Some(server) = self.mcp.servers.iter_mut().find(|s| s.name == name) {
                    server.requests = 2;
                    server.connected(ToolList::read(result).unwrap_or_default());
                    server.info = handshake.info;
                }
                return Ok(());
            }
        };
        handshake.stage = stage;
        handshake.request = self.send_mcp(&name, message)?;
        // In its place: others are not to be passed over.
        self.mcp.handshakes.insert(at, handshake);
        Ok(())
    }

    fn lose(&mut self, name: &str, why: &str) {
        if let Some(server) = self.mcp.servers.iter_mut().find(|s| s.name == name)
            && server.state == State::Pending
        {
            server.lost(State::Failed(why.to_owned()));
        }
    }

    /// A request to a server of the client, and its answer.
    pub(super) fn ask_sdk(
        &mut self,
        name: &str,
        method: &str,
        mut params: Value,
    ) -> Result<Result<Value, String>, Quit> {
        let progress = self.setup.profile.mcp.progress;
        let Some(server) = self.mcp.servers.iter_mut().find(|s| s.name == name) else {
            return Ok(Err("Not connected".into()));
        };
        let id = server.requests;
        server.requests += 1;
        let meta = params.get_mut("_meta").and_then(Value::as_object_mut);
        if let Some(meta) = meta.filter(|_| progress && method == "tools/call") {
            meta.insert("progressToken".into(), id.into());
        }
        let message = Message::request(id, method, Some(params));
        let request = self.send_mcp(name, message.write())?;
        self.wait_while("answer", None, false, |engine| {
            !engine.control.answers.contains_key(&request) && !engine.queue.input_ended
        })?;
        let answer = self.control.answers.remove(&request);
        Ok(match answer {
            Some(answer) => result_of(&answer, &self.setup.profile.mcp),
            None => Err("Stream closed".into()),
        })
    }
}

/// The result in a client's answer, or what it says went wrong.
fn result_of(answer: &Response, profile: &profile::Mcp) -> Result<Value, String> {
    if let Some(error) = answer.failure() {
        return Err(error.to_owned());
    }
    let payload = answer.payload().cloned().unwrap_or_default();
    let reply = McpReply::read(payload).unwrap_or_default();
    let response = reply.mcp_response.unwrap_or_default();
    match response.error {
        Some(error) => {
            let (code, text) = (error.code.unwrap_or_default(), error.message);
            Err(super::link::said(code, &text.unwrap_or_default(), profile))
        }
        None => Ok(response.result.unwrap_or_default()),
    }
}
