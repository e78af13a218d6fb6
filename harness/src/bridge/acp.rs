//! The Agent Client Protocol, as an editor speaks it: one agent, a session for each conversation.

use super::Config;
use super::agent::{Agent, Going, Request, Said};
use super::rpc::Peer;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) struct Acp {
    peer: Peer,
    /// Whether the agent can take up a conversation of an earlier start.
    loads: bool,
    /// The conversations of this start.
    known: Mutex<BTreeSet<String>>,
}

impl Acp {
    /// Starts the agent and shakes hands.
    pub(super) async fn start(config: &Config) -> io::Result<Self> {
        let peer = Peer::start(config)?;
        let hello = json!({ "protocolVersion": 1, "clientCapabilities": {} });
        let agent = peer
            .ask("initialize", hello)
            .await
            .map_err(io::Error::other)?;
        Ok(Self {
            peer,
            loads: agent["agentCapabilities"]["loadSession"] == true,
            known: Mutex::default(),
        })
    }

    async fn turn(&self, request: Request, said: &Said) -> Result<(), String> {
        let place = json!({ "cwd": request.directory, "mcpServers": [] });
        let session = match request.session {
            Some(session) => {
                if self.loads && !self.known().contains(&session) {
                    let mut load = place;
                    load["sessionId"] = session.clone().into();
                    // What it replays meanwhile is no answer to this message.
                    self.peer.ask("session/load", load).await?;
                }
                session
            }
            None => {
                let made = self.peer.ask("session/new", place).await?;
                let id = made["sessionId"].as_str();
                id.ok_or("session/new gave no sessionId")?.to_owned()
            }
        };
        self.known().insert(session.clone());
        said.session(&session).await;
        let mut incoming = self.peer.incoming();
        let prompt = json!({
            "sessionId": session,
            "prompt": [{ "type": "text", "text": request.message }],
        });
        let answer = self.peer.ask("session/prompt", prompt);
        tokio::pin!(answer);
        let mut stopped = false;
        loop {
            tokio::select! {
                biased;
                Ok(message) = incoming.recv() => self.take(&message, &session, said).await,
                result = &mut answer => {
                    let reason = result?["stopReason"].clone();
                    return match reason.as_str() {
                        Some("end_turn") => Ok(()),
                        reason => Err(format!("the agent stopped: {}", reason.unwrap_or("without a reason"))),
                    };
                }
                () = said.cancelled(), if !stopped => {
                    stopped = true;
                    self.peer.tell("session/cancel", json!({ "sessionId": session })).await;
                }
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&self, message: &Value, session: &str, said: &Said) {
        let params = &message["params"];
        if params["sessionId"] != session {
            return;
        }
        match message["method"].as_str().unwrap_or_default() {
            "session/update" => {
                let update = &params["update"];
                match (
                    update["sessionUpdate"].as_str(),
                    update["content"]["text"].as_str(),
                ) {
                    (Some("agent_message_chunk"), Some(text)) => said.text(text).await,
                    _ => said.other(update).await,
                }
            }
            // The user says yes.
            "session/request_permission" => {
                let options = params["options"].as_array().into_iter().flatten();
                let mut allowing = options.filter(|it| it["kind"] == "allow_once");
                let chosen = allowing.next().map(|it| it["optionId"].clone());
                let outcome = json!({ "outcome": "selected", "optionId": chosen });
                self.peer
                    .answer(message, Ok(json!({ "outcome": outcome })))
                    .await;
            }
            _ if message["id"].is_null() => said.other(message).await,
            method => {
                let text = format!("this client has no {method}");
                self.peer.answer(message, Err(&text)).await;
            }
        }
    }
}

impl Agent for Acp {
    fn chat<'a>(&'a self, request: Request, said: &'a Said) -> Going<'a, Result<(), String>> {
        Box::pin(self.turn(request, said))
    }

    fn peer(&self) -> Option<&Peer> {
        Some(&self.peer)
    }
}
