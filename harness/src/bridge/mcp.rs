//! The Model Context Protocol, as a client speaks it: a tool is called for each message.

use super::Config;
use super::agent::{Agent, Going, Request, Said};
use super::command::filled;
use super::rpc::Peer;
use serde_json::{Value, json};
use std::io;

pub(super) struct Mcp {
    peer: Peer,
    tool: String,
    arguments: Value,
}

impl Mcp {
    /// Starts the server, shakes hands, and looks whether it has the tool.
    pub(super) async fn start(config: &Config) -> io::Result<Self> {
        let peer = Peer::start(config)?;
        let ask = async |method: &str, params: Value| {
            peer.ask(method, params).await.map_err(io::Error::other)
        };
        let hello = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": { "name": "claude-harness", "version": env!("CARGO_PKG_VERSION") },
        });
        ask("initialize", hello).await?;
        peer.tell("notifications/initialized", json!({})).await;
        let listed = ask("tools/list", json!({})).await?;
        let tools = listed["tools"].as_array().into_iter().flatten();
        let names: Vec<&str> = tools.filter_map(|tool| tool["name"].as_str()).collect();
        let tool = config.tool.clone().unwrap_or_default();
        if !names.contains(&tool.as_str()) {
            return Err(io::Error::other(format!(
                "`mcp.tool`: there is no tool `{tool}`; the server has {}",
                names.join(", ")
            )));
        }
        Ok(Self {
            peer,
            tool,
            arguments: config.input.clone(),
        })
    }

    async fn turn(&self, request: Request, said: &Said) -> Result<(), String> {
        let arguments = filled(&self.arguments, &request);
        let call = json!({ "name": self.tool, "arguments": arguments });
        let mut incoming = self.peer.incoming();
        let number = self.peer.number();
        let answer = self.peer.ask_as(number, "tools/call", call);
        tokio::pin!(answer);
        let result = loop {
            tokio::select! {
                biased;
                Ok(message) = incoming.recv() => {
                    if message["id"].is_null() {
                        said.other(&message).await;
                    } else {
                        self.peer.answer(&message, Err("this client has no such method")).await;
                    }
                }
                result = &mut answer => break result?,
                () = said.cancelled() => {
                    let which = json!({ "requestId": number, "reason": "the user stopped it" });
                    self.peer.tell("notifications/cancelled", which).await;
                    return Err("the call was stopped".to_owned());
                }
            }
        };
        let content = result["content"].as_array().into_iter().flatten();
        let texts: Vec<&str> = content.filter_map(|block| block["text"].as_str()).collect();
        if result["isError"] == true {
            return Err(texts.join("\n"));
        }
        for text in texts {
            said.text(text).await;
        }
        Ok(())
    }
}

impl Agent for Mcp {
    fn chat<'a>(&'a self, request: Request, said: &'a Said) -> Going<'a, Result<(), String>> {
        Box::pin(self.turn(request, said))
    }

    fn peer(&self) -> Option<&Peer> {
        Some(&self.peer)
    }
}
