//! The fake Messages API: plays an `api_script` to the real CLI, on loopback, over one hyper service.

mod body;
mod play;
mod socket;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

use body::Body;
use play::{Ids, play};
use socket::Cut;

/// A running API; it ends when it is dropped.
#[derive(Debug)]
pub struct Api {
    port: u16,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    turns: Vec<Value>,
    state: Mutex<State>,
    asked: Condvar,
}

#[derive(Debug, Default)]
struct State {
    position: usize,
    requests: usize,
    main: usize,
    log: Vec<Value>,
    ids: Ids,
}

impl Api {
    /// Starts an API that plays these turns.
    ///
    /// # Errors
    /// It cannot listen.
    pub fn start(turns: Vec<Value>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            turns,
            state: Mutex::default(),
            asked: Condvar::new(),
        });
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, serving) => {}
                    _ = stopped => {}
                }
            });
            // What still waits to answer is not waited for.
            runtime.shutdown_background();
        });
        Ok(Api {
            port,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits until so many requests for turns came; false where they did not within that time.
    #[must_use]
    pub fn wait(&self, count: usize, patience: Duration) -> bool {
        let state = self.shared.lock();
        let waited = self
            .shared
            .asked
            .wait_timeout_while(state, patience, |s| s.main < count);
        waited.is_ok_and(|(_, timeout)| !timeout.timed_out())
    }

    /// What was asked: method, path, kind (`main`, `side`, `other`), model, in order.
    #[must_use]
    pub fn log(&self) -> Vec<Value> {
        self.shared.lock().log.clone()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The turn that answers this request, noted in the log.
    fn turn(&self, request: &Value) -> Value {
        let mut state = self.lock();
        let main = is_main(request);
        let turn = if main {
            let turn = self.turns.get(state.position).cloned();
            state.position += 1;
            state.main += 1;
            turn.unwrap_or_else(|| says("SCRIPT EXHAUSTED"))
        } else {
            says("side-reply")
        };
        state.log.push(json!({
            "kind": if main { "main" } else { "side" }, "model": request["model"],
            "stream": request["stream"], "messages": request["messages"],
        }));
        self.asked.notify_all();
        turn
    }
}

/// Requests without tools, and those that only warm up, are asked on the side.
fn is_main(request: &Value) -> bool {
    let tools = request["tools"].as_array().is_some_and(|t| !t.is_empty());
    let messages = request["messages"].as_array();
    let last = messages.and_then(|m| m.last()).map(|m| &m["content"]);
    let text = last.and_then(|c| match c {
        Value::Array(blocks) => blocks.last().and_then(|b| b["text"].as_str()),
        other => other.as_str(),
    });
    tools && request["max_tokens"].as_u64().unwrap_or(0) > 1 && text != Some("Warmup")
}

fn says(text: &str) -> Value {
    super::turns::saying(json!([{"type": "text", "text": text}]))
}

async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let (shared, cut) = (Arc::clone(&shared), Cut::of(&stream));
        tokio::spawn(async move {
            let service =
                service_fn(move |request| answer(request, Arc::clone(&shared), cut.clone()));
            // An error is a socket that was cut, by either side.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
    cut: Cut,
) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let bytes = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let number = {
        let mut state = shared.lock();
        state.requests += 1;
        state.requests
    };
    let path = parts.uri.path();
    if path == "/v1/messages" && parts.method == Method::POST {
        let turn = shared.turn(&value);
        let made = |kind: &str| {
            let mut state = shared.lock();
            state.ids.next(kind)
        };
        return play(&turn, &value, number, &made, &cut).await;
    }
    shared
        .lock()
        .log
        .push(json!({"kind": "other", "method": parts.method.as_str(), "path": path}));
    let (status, value) = match path {
        _ if parts.method == Method::HEAD => return play::empty(),
        _ if path.ends_with("/count_tokens") => (200, json!({"input_tokens": 42})),
        _ => (
            404,
            json!({"type": "error", "error":
            {"type": "not_found_error", "message": "fake: no such endpoint"}}),
        ),
    };
    play::whole(status, &value, number, &Value::Null)
}

#[cfg(test)]
mod tests;
