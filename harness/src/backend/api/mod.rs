//! What a backend's HTTP API looks like: which request sends a message, and where in the answer things lie.

mod place;

use crate::braces;
use crate::yaml::{InputError, Map, Node};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use place::{EVENT, one_or_more};
pub use place::{End, Place};
use serde_json::{Value, json};

/// The API of a backend.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// The path that a message is posted to, or that the WebSocket is opened on.
    pub chat: String,
    /// Headers of every request.
    pub headers: HeaderMap,
    /// What is sent first on a new WebSocket.
    pub hello: Vec<Value>,
    /// Whether the file itself says where things lie.
    pub mapped: bool,
    /// Whether a host of the harness speaks it over stdin and stdout.
    pub hosted: bool,
    /// The request's body, or the message; texts in it may name what is sent, such as `{message}`.
    pub body: Value,
    /// How the answer is divided.
    pub format: Format,
    /// A whole message of the CLI, where one is passed on.
    pub message: Vec<Place>,
    /// A piece of text for the user.
    pub text: Vec<Place>,
    /// The id of the conversation.
    pub session: Vec<Place>,
    /// What the user is told when something fails.
    pub error: Vec<Place>,
    /// What ends an answer well. None of it: its last byte does.
    pub end: Vec<End>,
    /// How a chat is stopped.
    pub abort: Option<Abort>,
    /// The path of the health check.
    pub health: Option<String>,
    /// The path that is asked until there is any HTTP answer.
    pub ready: String,
    /// Whether the CLI gets a message between words of the backend's own, such as `Human: `.
    pub wraps_prompts: bool,
    /// Whether there is a history, by the routes of claude-code-webui.
    pub history: bool,
}

/// How an answer is divided into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// It is one JSON document.
    Json,
    /// Every line is one.
    Ndjson,
    /// The data of every event is one (`text/event-stream`).
    Sse,
    /// It is one text.
    Text,
    /// Every message of a WebSocket is one.
    Messages,
}

/// How a chat is stopped.
#[derive(Debug, Clone, PartialEq)]
pub enum Abort {
    /// By a request to this path, with `{request}` or `{session}`.
    Post(String),
    /// By a message on the chat's own WebSocket, in which what was sent can be named.
    Send(Value),
    /// By hanging up, as clients do that have no more than a stream.
    Disconnect,
}

/// The APIs that are known by name.
pub const DRIVERS: [&str; 8] = [
    "webui",
    "openai",
    "openai-stream",
    "http",
    "websocket",
    "acp",
    "mcp",
    "command",
];

/// What a request may name.
pub(super) const SENT: [&str; 6] = [
    "message",
    "request",
    "session",
    "directory",
    "permission-mode",
    "allowed-tools",
];

impl Api {
    /// A frame of the answer as JSON, with the name of its event where it has one.
    pub(super) fn frame(&self, text: &str, event: Option<&str>) -> Value {
        let mut frame: Value = serde_json::from_str(text).unwrap_or(Value::Null);
        if let (Some(map), Some(event)) = (frame.as_object_mut(), event) {
            map.insert(EVENT[1..].to_owned(), event.into());
        }
        frame
    }

    /// Which places the file gives, for messages.
    pub(super) fn places(&self) -> String {
        let all = [
            ("chat.text", &self.text),
            ("chat.message", &self.message),
            ("chat.error", &self.error),
        ];
        let given = all.iter().filter(|(_, places)| !places.is_empty());
        let given = given.map(|(key, places)| {
            let places: Vec<String> = places.iter().map(Place::to_string).collect();
            format!("{key} ({})", places.join(", "))
        });
        given.collect::<Vec<_>>().join(", ")
    }

    /// The API of claude-code-webui (SDK-DRIVE 3.3).
    pub fn webui() -> Self {
        Self {
            chat: "/api/chat".to_owned(),
            headers: HeaderMap::new(),
            hello: Vec::new(),
            mapped: false,
            hosted: false,
            body: json!({
                "message": "{message}",
                "requestId": "{request}",
                "workingDirectory": "{directory}",
                "sessionId": "{session}",
                "permissionMode": "{permission-mode}",
                "allowedTools": "{allowed-tools}",
            }),
            format: Format::Ndjson,
            message: vec![Place::of_type("/data", "claude_json")],
            text: Vec::new(),
            session: Vec::new(),
            error: vec![Place::of_type("/error", "error")],
            end: vec![End::Place(Place::of_type("/type", "done"))],
            abort: Some(Abort::Post("/api/abort/{request}".to_owned())),
            health: Some("/api/health".to_owned()),
            ready: "/api/projects".to_owned(),
            wraps_prompts: false,
            history: true,
        }
    }

    /// The same chats over the reference backend's WebSocket.
    pub fn webui_on_a_socket() -> Self {
        let mut api = Self::webui();
        api.chat = "/api/socket".to_owned();
        api.body["type"] = "chat".into();
        api.format = Format::Messages;
        api.abort = Some(Abort::Send(
            json!({ "type": "abort", "requestId": "{request}" }),
        ));
        api
    }

    /// OpenAI's chat completions, whole or streamed.
    fn openai(stream: bool) -> Self {
        let part = if stream { "delta" } else { "message" };
        Self {
            chat: "/v1/chat/completions".to_owned(),
            headers: HeaderMap::new(),
            hello: Vec::new(),
            mapped: false,
            hosted: false,
            body: json!({
                "model": "claude-sonnet-4",
                "messages": [{ "role": "user", "content": "{message}" }],
                "stream": stream,
            }),
            format: if stream { Format::Sse } else { Format::Json },
            message: Vec::new(),
            text: vec![Place::at(&format!("/choices/0/{part}/content"))],
            session: Vec::new(),
            error: vec![Place::at("/error/message")],
            end: match stream {
                true => vec![End::Text("[DONE]".to_owned())],
                false => Vec::new(),
            },
            // A client of a stream stops by hanging up.
            abort: stream.then_some(Abort::Disconnect),
            health: None,
            ready: "/v1/models".to_owned(),
            wraps_prompts: false,
            history: false,
        }
    }

    /// What the host of a backend on stdin and stdout speaks, see [`crate::bridge`].
    fn hosted() -> Self {
        Self {
            hosted: true,
            chat: "/chat".to_owned(),
            body: json!({
                "message": "{message}",
                "request": "{request}",
                "session": "{session}",
                "directory": "{directory}",
            }),
            format: Format::Ndjson,
            text: vec![Place::of_type("/text", "text")],
            session: vec![Place::of_type("/session", "session")],
            error: vec![Place::of_type("/error", "error")],
            end: vec![End::Place(Place::of_type("/type", "done"))],
            abort: Some(Abort::Post("/abort/{request}".to_owned())),
            health: Some("/".to_owned()),
            ready: "/".to_owned(),
            ..Self::openai(false)
        }
    }

    /// An API that says nothing yet.
    fn bare() -> Self {
        Self {
            chat: String::new(),
            body: json!({ "message": "{message}" }),
            format: Format::Json,
            text: Vec::new(),
            error: Vec::new(),
            end: Vec::new(),
            ready: "/".to_owned(),
            ..Self::openai(false)
        }
    }

    /// Reads `driver:` and what changes it.
    ///
    /// # Errors
    /// A key or a value is wrong; the error names it.
    pub(in crate::backend) fn read(map: &Map<'_>) -> Result<Self, InputError> {
        let named = map.get("driver");
        let name = match named {
            Some(node) => {
                let choices: Vec<(&str, &str)> = DRIVERS.iter().map(|it| (*it, *it)).collect();
                node.one_of("driver", &choices)?
            }
            None => "webui",
        };
        let mut api = match name {
            "openai" => Self::openai(false),
            "openai-stream" => Self::openai(true),
            "http" => Self::bare(),
            "websocket" => Self {
                format: Format::Messages,
                ..Self::bare()
            },
            "acp" | "mcp" | "command" => Self::hosted(),
            _ => Self::webui(),
        };
        match map.get("chat") {
            Some(node) => api.chat(node)?,
            None if matches!(name, "http" | "websocket") => {
                let node = named.unwrap_or_else(|| map.node());
                let way = if name == "http" {
                    "post: /chat"
                } else {
                    "connect: /ws"
                };
                return Err(node.error(format!("the driver `{name}` needs `chat`")).with_help(
                    format!("write `chat: {{ {way}, body: {{ message: \"{{message}}\" }}, text: /reply }}`"),
                ));
            }
            None => {}
        }
        for (_, name, value) in map
            .optional("headers", |node| node.entries())?
            .unwrap_or_default()
        {
            let text = value.text()?;
            let header = (name.parse::<HeaderName>(), HeaderValue::from_str(text));
            let (Ok(name), Ok(text)) = header else {
                return Err(value.error(format!("`{name}: {text}` is no header of HTTP")));
            };
            api.headers.insert(name, text);
        }
        if let Some(node) = map.get("ready") {
            api.ready = path(node)?;
        }
        if let Some(node) = map.get("health") {
            api.health = Some(path(node)?);
        }
        if let Some(node) = map.get("abort") {
            api.abort = Some(api.abort(node)?);
        }
        if let Some(node) = map.get("prompt") {
            let kinds = [("as-sent", false), ("wrapped", true)];
            api.wraps_prompts = node.one_of("kind of prompt", &kinds)?;
        }
        if let Some(node) = map.get("history") {
            api.history = node.one_of("history", &[("webui", true), ("none", false)])?;
        }
        Ok(api)
    }

    fn chat(&mut self, node: Node<'_>) -> Result<(), InputError> {
        const POSTED: &[&str] = &[
            "post", "body", "answer", "message", "text", "session", "error", "end",
        ];
        const ON_A_SOCKET: &[&str] = &[
            "connect", "hello", "body", "message", "text", "session", "error", "end",
        ];
        let (way, keys, what) = match self.format {
            Format::Messages => ("connect", ON_A_SOCKET, "the path of the WebSocket"),
            _ => ("post", POSTED, "the path that a message is sent to"),
        };
        let map = node.map("`chat`", keys)?;
        if let Some(node) = map.get(way) {
            self.chat = path(node)?;
        } else if self.chat.is_empty() {
            return Err(node.error(format!("`chat` needs `{way}`, {what}")));
        }
        self.mapped = true;
        if let Some(node) = map.get("body") {
            self.body = template(node)?;
        }
        if let Some(node) = map.get("hello") {
            self.hello = one_or_more(node, template)?;
        }
        if let Some(node) = map.get("answer") {
            let formats = [
                ("json", Format::Json),
                ("ndjson", Format::Ndjson),
                ("sse", Format::Sse),
                ("text", Format::Text),
            ];
            self.format = node.one_of("kind of answer", &formats)?;
        }
        for (key, places) in [
            ("message", &mut self.message),
            ("text", &mut self.text),
            ("session", &mut self.session),
            ("error", &mut self.error),
        ] {
            if let Some(node) = map.get(key) {
                *places = one_or_more(node, place::place)?;
            }
        }
        if let Some(node) = map.get("end") {
            self.end = one_or_more(node, place::end)?;
        }
        if self.format != Format::Text && self.text.is_empty() && self.message.is_empty() {
            return Err(node
                .error("`chat` does not say where the text lies")
                .with_help("write `text: /choices/0/message/content`, a JSON pointer into a frame of the answer"));
        }
        Ok(())
    }

    fn abort(&self, node: Node<'_>) -> Result<Abort, InputError> {
        if node.is_text() && node.text()? == "disconnect" {
            return Ok(Abort::Disconnect);
        }
        if self.format != Format::Messages || node.is_text() {
            let path = path(node)?;
            let known = |name: &&str| ["request", "session"].contains(name);
            let unknown = braces::names(&path)
                .find(|name| !known(name))
                .map(str::to_owned);
            if let Some(unknown) = unknown {
                return Err(node
                    .error(format!("unknown name `{{{unknown}}}` in the path"))
                    .with_help("it may name {request} and {session}"));
            }
            return Ok(Abort::Post(path));
        }
        let map = node.map("`abort`", &["send"])?;
        template(map.required("send")?).map(Abort::Send)
    }

    /// Whether a message can say which conversation it goes on with.
    pub fn names_sessions(&self) -> bool {
        self.is_socket() || names(&self.body, "session")
    }

    /// Whether a conversation has a connection of its own, which outlives its messages.
    pub fn is_socket(&self) -> bool {
        self.format == Format::Messages
    }
}

/// What is sent, by its template. A property that is only a name of what there is none of is left out.
pub(super) fn request(template: &Value, sent: impl Fn(&str) -> Option<Value>) -> Value {
    filled(template, &sent).unwrap_or(Value::Null)
}

fn template(node: Node<'_>) -> Result<Value, InputError> {
    let template = node.json()?;
    match unknown_name(&template) {
        None => Ok(template),
        Some(unknown) => {
            let help = format!("what is sent is one of {{{}}}", SENT.join("}, {"));
            Err(node
                .error(format!("unknown name `{{{unknown}}}` in what is sent"))
                .with_help(help))
        }
    }
}

fn path(node: Node<'_>) -> Result<String, InputError> {
    let text = node.filled()?;
    if text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        let help = format!("write `/{text}`: it is a path on the backend's own port");
        Err(node.error("a path begins with `/`").with_help(help))
    }
}

/// Whether a template names something.
fn names(template: &Value, name: &str) -> bool {
    match template {
        Value::String(text) => braces::names(text).any(|it| it == name),
        Value::Array(all) => all.iter().any(|it| names(it, name)),
        Value::Object(all) => all.values().any(|it| names(it, name)),
        _ => false,
    }
}

fn unknown_name(body: &Value) -> Option<String> {
    match body {
        Value::String(text) => {
            let mut unknown = braces::names(text).filter(|name| !SENT.contains(name));
            unknown.next().map(str::to_owned)
        }
        Value::Array(all) => all.iter().find_map(unknown_name),
        Value::Object(all) => all.values().find_map(unknown_name),
        _ => None,
    }
}

fn filled(template: &Value, sent: &impl Fn(&str) -> Option<Value>) -> Option<Value> {
    match template {
        Value::String(text) => {
            let only = text.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
            if let Some(name) = only.filter(|name| SENT.contains(name)) {
                return sent(name);
            }
            let text = braces::fill(text, |name| {
                let value = SENT.contains(&name).then(|| sent(name).unwrap_or_default());
                value.map(|value| value.as_str().unwrap_or_default().into())
            });
            Some(text.to_string_lossy().into())
        }
        Value::Array(all) => Some(all.iter().filter_map(|it| filled(it, sent)).collect()),
        Value::Object(all) => Some(
            all.iter()
                .filter_map(|(key, it)| Some((key.clone(), filled(it, sent)?)))
                .collect(),
        ),
        other => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests;
