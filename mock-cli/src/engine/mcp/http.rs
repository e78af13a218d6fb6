//! Servers that are reached over HTTP: streamable HTTP, and the older transport with one stream of events.
//!
//! Each request has a thread of its own, which reads its answer, be that JSON or events.

use crate::process::{Arrival, ServerNews};
use crate::protocol::decode::Events;
use crate::protocol::mcp::{InitializeResult, ServerConfig};
use serde_json::{Value, json};
use std::io::Read;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// A server behind a URL.
#[derive(Debug)]
pub(super) struct Http {
    shared: Arc<Shared>,
    /// Whether what the server has to say by itself is listened to.
    listens: bool,
}

/// What the threads of a connection share.
#[derive(Debug)]
struct Shared {
    link: u64,
    url: String,
    headers: Vec<(String, String)>,
    inbox: Sender<Arrival>,
    state: Mutex<State>,
    /// Told of changes of the state.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Where messages are sent to, once that is known.
    target: Option<String>,
    /// The session that the server has named.
    session: Option<String>,
    /// The protocol that was agreed upon.
    protocol: Option<String>,
    closed: bool,
}

impl Http {
    /// Begins a connection.
    pub(super) fn begin(
        id: u64,
        config: &ServerConfig,
        inbox: Sender<Arrival>,
    ) -> Result<Http, String> {
        let url = config.url.clone().unwrap_or_default();
        let headers = config.headers.iter().flat_map(|headers| headers.0.clone());
        let old = config.kind.as_deref() == Some("sse");
        let shared = Arc::new(Shared {
            link: id,
            headers: headers.collect(),
            inbox,
            state: Mutex::new(State {
                target: (!old).then(|| url.clone()),
                ..State::default()
            }),
            changed: Condvar::new(),
            url,
        });
        let http = Http {
            shared,
            listens: old,
        };
        if old {
            http.listen(true)?;
        }
        Ok(http)
    }

    /// The handshake is through: the protocol is named from now on, and the server may speak by itself.
    pub(super) fn speaks(&mut self, hello: &InitializeResult) {
        self.shared
            .state()
            .protocol
            .clone_from(&hello.protocol_version);
        if !self.listens {
            self.listens = true;
            // A server need not offer a stream of its own.
            let _ = self.listen(false);
        }
    }

    /// Listens to a stream of events. Without it the older transport has nothing.
    fn listen(&self, needed: bool) -> Result<(), String> {
        let shared = Arc::clone(&self.shared);
        let listening = thread::Builder::new()
            .name("mcp-events".into())
            .spawn(move || {
                let request = shared.with_headers(minreq::get(&shared.url));
                let request = request.with_header("accept", "text/event-stream");
                let end = match request.send_lazy() {
                    Ok(answer) if answer.status_code == 200 => {
                        shared.read_events(answer);
                        None
                    }
                    Ok(answer) => Some(status(answer.status_code)),
                    Err(error) => Some(unreachable(&error)),
                };
                if needed {
                    shared.close(end);
                }
            });
        listening.map(drop).map_err(|error| error.to_string())
    }

    pub(super) fn send(&mut self, message: &Value) {
        let (shared, text) = (Arc::clone(&self.shared), message.to_string());
        let id = message
            .get("id")
            .filter(|_| message.get("method").is_some())
            .cloned();
        let job = move || {
            let Some(target) = shared.target() else {
                return;
            };
            let request = shared.with_headers(minreq::post(&target));
            let request = request
                .with_header("content-type", "application/json")
                .with_header("accept", "application/json, text/event-stream")
                .with_body(text);
            match request.send_lazy() {
                Ok(answer) if (200..300).contains(&answer.status_code) => {
                    if let Err(why) = shared.read(answer) {
                        shared.failed(id, why);
                    }
                }
                Ok(answer) => shared.failed(id, status(answer.status_code)),
                Err(error) => shared.failed(id, unreachable(&error)),
            }
        };
        if let Err(error) = thread::Builder::new().name("mcp-http".into()).spawn(job) {
            self.shared.close(Some(error.to_string()));
        }
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where messages are sent to; the older transport is told by its first event. None: the connection is closed.
    fn target(&self) -> Option<String> {
        let state = self.state();
        let state = self
            .changed
            .wait_while(state, |state| state.target.is_none() && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        state.target.clone().filter(|_| !state.closed)
    }

    fn with_headers(&self, mut request: minreq::Request) -> minreq::Request {
        for (name, value) in &self.headers {
            request = request.with_header(name, value);
        }
        let state = self.state();
        if let Some(session) = &state.session {
            request = request.with_header("mcp-session-id", session);
        }
        if let Some(protocol) = &state.protocol {
            request = request.with_header("mcp-protocol-version", protocol);
        }
        request
    }

    /// Reads an answer. The error says why it is none.
    fn read(&self, answer: minreq::ResponseLazy) -> Result<(), String> {
        if let Some(session) = header(&answer, "mcp-session-id") {
            self.state().session = Some(session.to_owned());
        }
        let kind = header(&answer, "content-type").unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            self.read_events(answer);
            return Ok(());
        }
        let foreign = !kind.starts_with("application/json");
        let kind = kind.to_owned();
        let (mut text, mut answer) = (String::new(), answer);
        answer
            .read_to_string(&mut text)
            .map_err(|error| error.to_string())?;
        if foreign && !self.take(&text) {
            // Such as a proxy's page.
            return Err(format!("Unexpected content type: {kind}"));
        }
        if !foreign {
            self.take(&text);
        }
        Ok(())
    }

    fn read_events(&self, mut answer: minreq::ResponseLazy) {
        let mut events = Events::new();
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = answer.read(&mut buffer) {
            events.feed(&buffer[..count]);
            for event in events.by_ref() {
                match event.name.as_deref() {
                    Some("endpoint") => {
                        self.state().target = Some(joined(&self.url, &event.data));
                        self.changed.notify_all();
                    }
                    _ => {
                        self.take(&event.data);
                    }
                }
            }
        }
    }

    /// A message, or several; whether it was one.
    fn take(&self, text: &str) -> bool {
        match serde_json::from_str(text) {
            Ok(Value::Array(messages)) => {
                for message in messages {
                    self.tell(ServerNews::Message(message));
                }
            }
            Ok(message) => self.tell(ServerNews::Message(message)),
            // (An accepted notification has no answer.)
            Err(_) => return false,
        }
        true
    }

    /// A message could not be sent: one that waits for an answer has failed, with the connection where it is not through.
    fn failed(&self, id: Option<Value>, why: String) {
        let greeted = self.state().protocol.is_some();
        match id {
            Some(id) if greeted => self.tell(ServerNews::Message(json!({
                "jsonrpc": "2.0", "id": id, "error": {"code": -32000, "message": why},
            }))),
            Some(_) => self.close(Some(why)),
            None => {}
        }
    }

    fn close(&self, why: Option<String>) {
        self.tell(ServerNews::Closed(why));
    }

    fn tell(&self, news: ServerNews) {
        // The engine is gone only when the process is.
        let _ = self.inbox.send(Arrival::Server {
            link: self.link,
            news,
        });
    }
}

fn header<'a>(answer: &'a minreq::ResponseLazy, name: &str) -> Option<&'a str> {
    let mut headers = answer.headers.iter();
    let found = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// The place that a server names, which may be a path of its own host.
fn joined(url: &str, place: &str) -> String {
    if place.contains("://") {
        return place.to_owned();
    }
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let host_end = url[host_at..]
        .find('/')
        .map_or(url.len(), |at| host_at + at);
    match place.strip_prefix('/') {
        Some(path) => format!("{}/{path}", &url[..host_end]),
        None => {
            let folder = url
                .rfind('/')
                .filter(|at| *at >= host_end)
                .unwrap_or(url.len());
            format!("{}/{place}", &url[..folder])
        }
    }
}

fn status(code: u16) -> String {
    format!("HTTP {code}")
}

fn unreachable(error: &minreq::Error) -> String {
    match error {
        minreq::Error::IoError(_) => {
            "Unable to connect. Is the computer able to access the url?".to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_messages_is_a_path_of_the_same_host() {
        assert_eq!(joined("http://h:1/a/sse", "/m?s=1"), "http://h:1/m?s=1");
        assert_eq!(joined("http://h:1/a/sse", "m?s=1"), "http://h:1/a/m?s=1");
        assert_eq!(joined("http://h:1", "m"), "http://h:1/m");
        assert_eq!(joined("http://h:1/sse", "http://i/m"), "http://i/m");
    }
}
