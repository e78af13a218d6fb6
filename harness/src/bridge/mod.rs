//! The host of a backend that is spoken to over its stdin and stdout: an editor (ACP), an MCP client, or a script that
//! runs a command for each message.
//!
//! Such a host starts the backend itself, so it is a process on the stage, too: this one. It speaks HTTP with the harness:
//! `POST /chat` gives a line of JSON for each thing that comes back, `POST /abort/{request}` stops that chat.

mod acp;
mod agent;
mod command;
mod mcp;
mod rpc;
#[cfg(test)]
mod tests;

use agent::{Agent, Request, Said};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hyper::body::{Bytes, Frame};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ffi::OsString;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// The first argument of a bridge; the second is its [`Config`] as JSON.
pub(crate) const FLAG: &str = "--stdio-bridge";

/// What a bridge is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Config {
    /// Which protocol.
    pub(crate) kind: Kind,
    /// Where it listens.
    pub(crate) port: u16,
    /// What it starts.
    pub(crate) command: Vec<String>,
    /// MCP: the tool that is called.
    pub(crate) tool: Option<String>,
    /// MCP: the tool's arguments, in which what is sent is named in braces. A command: what it gets on stdin.
    pub(crate) input: Value,
}

/// A protocol over stdin and stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The Agent Client Protocol, as editors speak it.
    Acp,
    /// The Model Context Protocol: a tool is called.
    Mcp,
    /// A command for each message: the prompt in, text out.
    Command,
}

/// What the handlers share.
struct Bridge {
    agent: Box<dyn Agent>,
    open: Mutex<BTreeMap<String, watch::Sender<bool>>>,
}

/// Runs a bridge until it is told to end, or the backend does; gives the exit code.
pub(crate) fn main(args: &[OsString]) -> i32 {
    let config = args.first().and_then(|text| text.to_str());
    let config = config.map(serde_json::from_str::<Config>);
    let Some(Ok(config)) = config else {
        eprintln!("bridge: bad configuration: {config:?}");
        return 2;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime.and_then(|runtime| runtime.block_on(serve(config))) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bridge: {error}");
            1
        }
    }
}

async fn serve(config: Config) -> std::io::Result<i32> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let port = config.port;
    let agent: Box<dyn Agent> = match config.kind {
        Kind::Acp => Box::new(acp::Acp::start(&config).await?),
        Kind::Mcp => Box::new(mcp::Mcp::start(&config).await?),
        Kind::Command => Box::new(command::Commands::new(&config)),
    };
    let bridge = Arc::new(Bridge {
        agent,
        open: Mutex::default(),
    });
    let routes = Router::new()
        .route("/", get(|| async { "ready" }))
        .route("/chat", post(chat))
        .route("/abort/{request}", post(abort))
        .with_state(Arc::clone(&bridge));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let server = axum::serve(listener, routes);
    let peer = bridge.agent.peer();
    let ended = async {
        match peer {
            Some(peer) => peer.ended().await,
            None => std::future::pending().await,
        }
    };
    let code = tokio::select! {
        _ = terminate.recv() => 0,
        _ = interrupt.recv() => 0,
        code = ended => code,
        served = server.into_future() => return served.map(|()| 0),
    };
    if let Some(peer) = peer {
        peer.stop().await;
    }
    Ok(code)
}

async fn chat(State(bridge): State<Arc<Bridge>>, Json(request): Json<Request>) -> Response {
    let (lines, receiver) = mpsc::channel(64);
    let (abort, aborted) = watch::channel(false);
    let id = request.request.clone();
    bridge.open().insert(id.clone(), abort);
    tokio::spawn(async move {
        let last = {
            let said = Said::new(lines.clone(), aborted);
            match bridge.agent.chat(request, &said).await {
                Ok(()) => json!({ "type": "done" }),
                Err(error) => json!({ "type": "error", "error": error }),
            }
        };
        bridge.open().remove(&id);
        let _ = lines.send(agent::line(&last)).await;
    });
    let headers = [("content-type", "application/x-ndjson")];
    (headers, Body::new(Lines(receiver))).into_response()
}

async fn abort(State(bridge): State<Arc<Bridge>>, Path(request): Path<String>) -> Response {
    let sent = bridge
        .open()
        .get(&request)
        .map(|abort| abort.send_replace(true));
    match sent {
        Some(_) => Json(json!({ "success": true })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Bridge {
    fn open(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, watch::Sender<bool>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines of an answer.
struct Lines(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let line = self.0.poll_recv(context);
        line.map(|line| line.map(|line| Ok(Frame::data(line))))
    }
}
