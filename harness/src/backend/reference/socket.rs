//! `GET /api/socket`: the same chats over a WebSocket, as an app's window holds one open.

use super::App;
use super::chat::{self, line};
use super::turn;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A message `{"type": "chat", ...}` has the properties of a request to `/api/chat`, and each line of its answer is a
/// message; `{"type": "abort", "requestId": ...}` stops it.
pub(super) async fn socket(State(app): State<Arc<App>>, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.max_message_size(usize::MAX);
    let upgrade = upgrade.max_frame_size(usize::MAX);
    upgrade.on_upgrade(|socket| converse(app, socket))
}

async fn converse(app: Arc<App>, mut socket: WebSocket) {
    // Dropping it tells the turn that its client has gone.
    let mut answer = None;
    loop {
        let sent = tokio::select! {
            came = socket.recv() => match came {
                Some(Ok(Message::Text(text))) => match take(&app, text.as_bytes(), &mut answer) {
                    Some(reply) => send(&mut socket, &reply).await,
                    None => true,
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => true,
            },
            line = next(&mut answer) => match line {
                Some(line) => send(&mut socket, &line).await,
                None => {
                    answer = None;
                    true
                }
            },
            () = app.stopping(), if answer.is_none() => return,
        };
        if !sent {
            return;
        }
    }
}

/// Takes a message of the client; gives what is said to it at once.
fn take(app: &Arc<App>, text: &[u8], answer: &mut Option<mpsc::Receiver<Bytes>>) -> Option<Bytes> {
    let message: Value = serde_json::from_slice(text).unwrap_or_default();
    match message["type"].as_str() {
        Some("chat") if answer.is_some() => Some(line::error("this socket has an open chat")),
        Some("chat") => {
            let (lines, receiver) = chat::lines();
            match chat::request(&message) {
                Ok(request) => turn::begin(Arc::clone(app), request, lines),
                Err(error) => return Some(line::error(&error)),
            }
            *answer = Some(receiver);
            None
        }
        Some("abort") => {
            app.abort(message["requestId"].as_str().unwrap_or_default());
            None
        }
        _ => Some(line::error("unknown type of message")),
    }
}

async fn next(answer: &mut Option<mpsc::Receiver<Bytes>>) -> Option<Bytes> {
    match answer {
        Some(answer) => answer.recv().await,
        None => std::future::pending().await,
    }
}

/// Sends one or more lines, a message each; false where the client has gone.
async fn send(socket: &mut WebSocket, lines: &Bytes) -> bool {
    let text = String::from_utf8_lossy(lines);
    for line in text.lines() {
        if socket.send(Message::text(line)).await.is_err() {
            return false;
        }
    }
    true
}
