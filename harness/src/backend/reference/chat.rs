//! One chat: a request becomes a call of the CLI, whose lines become the lines of the answer.

use super::App;
use super::defect::Defect;
use super::spawn::Call;
use super::turn;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;
use serde_json::Value;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

/// So many lines wait for a slow client before the CLI has to wait.
const WAITING: usize = 64;

/// What a chat asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) id: Option<String>,
    pub(super) call: Call,
}

/// `POST /api/chat`: always 200 with NDJSON, also where the CLI cannot be started.
pub(super) async fn chat(State(app): State<Arc<App>>, body: Bytes) -> Response {
    if *app.stop.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "Stopping").into_response();
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error").into_response();
    };
    if app.has(Defect::KeepsAFilePerTurn) {
        keep_a_file();
    }
    let (lines, receiver) = lines();
    let stream = Stream::new(&app, receiver);
    match request(&body) {
        Ok(request) => turn::begin(app, request, lines),
        Err(error) => {
            // The channel is new and has room.
            let _ = lines.try_send(line::error(&error));
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Body::new(stream)).into_response()
}

/// What the lines of an answer go through.
pub(super) fn lines() -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
    mpsc::channel(WAITING)
}

/// What a log of each turn that nobody closes and nobody removes comes to.
fn keep_a_file() {
    static TURNS: AtomicU32 = AtomicU32::new(1);
    let turn = TURNS.fetch_add(1, Ordering::Relaxed);
    let name = format!("turn-{}-{turn}.log", std::process::id());
    if let Ok(file) = std::fs::File::create(std::env::temp_dir().join(name)) {
        std::mem::forget(file);
    }
}

/// Reads a request as upstream's JavaScript would, so that a bad one gives the same error line.
pub(super) fn request(body: &Value) -> Result<Request, String> {
    if body.is_null() {
        return Err("Cannot read properties of null (reading 'message')".to_owned());
    }
    let message = match body.get("message") {
        Some(Value::String(message)) => message,
        None => return Err("Cannot read properties of undefined (reading 'startsWith')".to_owned()),
        Some(Value::Null) => {
            return Err("Cannot read properties of null (reading 'startsWith')".to_owned());
        }
        Some(_) => return Err("message.startsWith is not a function".to_owned()),
    };
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let tools = body.get("allowedTools").and_then(Value::as_array);
    Ok(Request {
        id: body
            .get("requestId")
            .and_then(Value::as_str)
            .map(str::to_owned),
        call: Call {
            prompt: message.strip_prefix('/').unwrap_or(message).to_owned(),
            resume: text("sessionId"),
            allowed_tools: tools
                .map(|tools| {
                    tools
                        .iter()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect()
                })
                .unwrap_or_default(),
            permission_mode: text("permissionMode"),
            cwd: text("workingDirectory").map(Into::into),
        },
    })
}

/// The lines of an answer.
pub(super) mod line {
    use axum::body::Bytes;
    use serde_json::json;

    /// One message of the CLI, verbatim.
    pub(in super::super) fn message(json: &str) -> Bytes {
        format!("{{\"type\":\"claude_json\",\"data\":{}}}\n", json.trim()).into()
    }

    pub(in super::super) fn done() -> Bytes {
        Bytes::from_static(b"{\"type\":\"done\"}\n")
    }

    pub(in super::super) fn error(text: &str) -> Bytes {
        format!("{}\n", json!({"type": "error", "error": text})).into()
    }
}

/// A body that ends when the turn drops its sender; the turn in its turn sees when the client is gone.
struct Stream {
    lines: mpsc::Receiver<Bytes>,
    /// What ends it in a silence.
    idle: Option<Pin<Box<Sleep>>>,
    /// What is kept for the end.
    held: Option<Vec<u8>>,
}

/// How long a server with an idle timeout waits for the next byte.
const IDLE: Duration = Duration::from_millis(300);

impl Stream {
    fn new(app: &App, lines: mpsc::Receiver<Bytes>) -> Self {
        let cuts = app.has(Defect::CutsSilentAnswers);
        Self {
            lines,
            idle: cuts.then(|| Box::pin(tokio::time::sleep(IDLE))),
            held: app.has(Defect::HoldsAnswersBack).then(Vec::new),
        }
    }

    fn poll_line(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(held) = &mut self.held else {
            return self.lines.poll_recv(context);
        };
        while let Some(line) = std::task::ready!(self.lines.poll_recv(context)) {
            held.extend_from_slice(&line);
        }
        let whole = std::mem::take(held);
        Poll::Ready((!whole.is_empty()).then(|| whole.into()))
    }
}

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let line = self.poll_line(context);
        let Some(idle) = &mut self.idle else {
            return line.map(|line| line.map(|line| Ok(Frame::data(line))));
        };
        if let Poll::Ready(line) = line {
            idle.as_mut().reset(Instant::now() + IDLE);
            return Poll::Ready(line.map(|line| Ok(Frame::data(line))));
        }
        let cut = idle.as_mut().poll(context);
        cut.map(|()| Some(Err(io::ErrorKind::TimedOut.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_becomes_a_call() {
        let body = json!({"message": "/compact now", "requestId": "r", "sessionId": "s", "allowedTools": ["Read"],
            "workingDirectory": "/p", "permissionMode": "plan"});
        let call = Call {
            prompt: "compact now".into(),
            resume: Some("s".into()),
            allowed_tools: vec!["Read".into()],
            permission_mode: Some("plan".into()),
            cwd: Some("/p".into()),
        };
        assert_eq!(
            request(&body),
            Ok(Request {
                id: Some("r".into()),
                call
            })
        );
    }

    #[test]
    fn a_message_loses_one_leading_slash_only() {
        for (message, prompt) in [("//a", "/a"), (" /a", " /a"), ("a/b", "a/b")] {
            assert_eq!(
                request(&json!({"message": message})).unwrap().call.prompt,
                prompt
            );
        }
    }

    #[test]
    fn a_missing_message_gives_the_error_of_javascript() {
        let error = request(&json!({"requestId": "r"})).unwrap_err();
        assert_eq!(
            error,
            "Cannot read properties of undefined (reading 'startsWith')"
        );
    }
}
