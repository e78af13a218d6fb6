//! What all backends on stdin and stdout have in common.

use super::rpc::Peer;
use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::pin::Pin;
use tokio::sync::{mpsc, watch};

/// A message that is to be sent.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Request {
    pub(super) message: String,
    pub(super) request: String,
    pub(super) session: Option<String>,
    pub(super) directory: PathBuf,
}

/// Work that goes on while others wait for it.
pub(super) type Going<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A backend.
pub(super) trait Agent: Send + Sync {
    /// Sends a message and says what comes back; the error is what the user is told.
    fn chat<'a>(&'a self, request: Request, said: &'a Said) -> Going<'a, Result<(), String>>;

    /// Its process, where one serves all messages.
    fn peer(&self) -> Option<&Peer> {
        None
    }
}

/// Where what comes back goes.
pub(super) struct Said {
    lines: mpsc::Sender<Bytes>,
    aborted: watch::Receiver<bool>,
}

impl Said {
    pub(super) fn new(lines: mpsc::Sender<Bytes>, aborted: watch::Receiver<bool>) -> Self {
        Self { lines, aborted }
    }

    /// A piece of text.
    pub(super) async fn text(&self, text: &str) {
        self.send(&json!({ "type": "text", "text": text })).await;
    }

    /// Anything else of the protocol, as it is.
    pub(super) async fn other(&self, frame: &Value) {
        self.send(&json!({ "type": "frame", "frame": frame })).await;
    }

    /// The conversation's id.
    pub(super) async fn session(&self, id: &str) {
        self.send(&json!({ "type": "session", "session": id }))
            .await;
    }

    /// Waits until the user stops the chat, or has gone.
    pub(super) async fn cancelled(&self) {
        let mut aborted = self.aborted.clone();
        tokio::select! {
            _ = aborted.wait_for(|aborted| *aborted) => {}
            () = self.lines.closed() => {}
        }
    }

    async fn send(&self, value: &Value) {
        let _ = self.lines.send(line(value)).await;
    }
}

/// A value as a line.
pub(super) fn line(value: &Value) -> Bytes {
    format!("{value}\n").into()
}
