//! What a backend's HTTP API looks like: which request sends a message, and where in the answer things lie.

use crate::braces;
use crate::yaml::{InputError, Map, Node};
use serde_json::{Value, json};

/// The API of a backend.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// The path that a message is posted to.
    pub chat: String,
    /// The request's body; texts in it may name what is sent, such as `{message}`.
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
    /// What ends an answer well. None: its last byte does.
    pub end: Option<End>,
    /// The path that a stop is posted to, with `{request}`.
    pub abort: Option<String>,
    /// The path of the health check.
    pub health: Option<String>,
    /// The path that is asked until there is any HTTP answer.
    pub ready: String,
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
}

/// Where something lies in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// A JSON pointer: `/choices/0/delta/content`.
    pub at: String,
    /// Pointers with the text that must lie there, or it is something else.
    pub when: Vec<(String, String)>,
}

/// Where the name of a server-sent event lies in its frame.
const EVENT: &str = "/@event";

/// What ends an answer well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// A frame that is this text, which is no JSON: `[DONE]`.
    Text(String),
    /// A frame in which something lies there.
    Place(Place),
}

impl Place {
    fn at(pointer: &str) -> Self {
        Self {
            at: pointer.to_owned(),
            when: Vec::new(),
        }
    }

    fn of_type(pointer: &str, kind: &str) -> Self {
        Self {
            at: pointer.to_owned(),
            when: vec![("/type".to_owned(), kind.to_owned())],
        }
    }

    /// What lies there, if the conditions hold.
    pub fn find<'v>(&self, frame: &'v Value) -> Option<&'v Value> {
        let holds =
            |(at, text): &(String, String)| frame.pointer(at).and_then(Value::as_str) == Some(text);
        let found = frame.pointer(&self.at)?;
        (self.when.iter().all(holds) && !found.is_null()).then_some(found)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.at)?;
        for (at, text) in &self.when {
            write!(f, " where {at} is {text:?}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Place(place) => place.fmt(f),
        }
    }
}

/// The APIs that are known by name.
pub const DRIVERS: [&str; 7] = [
    "webui",
    "openai",
    "openai-stream",
    "http",
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
            end: Some(End::Place(Place::of_type("/type", "done"))),
            abort: Some("/api/abort/{request}".to_owned()),
            health: Some("/api/health".to_owned()),
            ready: "/api/projects".to_owned(),
            history: true,
        }
    }

    /// OpenAI's chat completions, whole or streamed.
    fn openai(stream: bool) -> Self {
        let part = if stream { "delta" } else { "message" };
        Self {
            chat: "/v1/chat/completions".to_owned(),
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
            end: stream.then(|| End::Text("[DONE]".to_owned())),
            abort: None,
            health: None,
            ready: "/v1/models".to_owned(),
            history: false,
        }
    }

    /// What the host of a backend on stdin and stdout speaks, see [`crate::bridge`].
    fn hosted() -> Self {
        Self {
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
            end: Some(End::Place(Place::of_type("/type", "done"))),
            abort: Some("/abort/{request}".to_owned()),
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
            end: None,
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
            "acp" | "mcp" | "command" => Self::hosted(),
            _ => Self::webui(),
        };
        match map.get("chat") {
            Some(node) => api.chat(node)?,
            None if name == "http" => {
                let node = named.unwrap_or_else(|| map.node());
                return Err(node.error("the driver `http` needs `chat`").with_help(
                    "write `chat: { post: /chat, body: { message: \"{message}\" }, text: /reply }`",
                ));
            }
            None => {}
        }
        if let Some(node) = map.get("ready") {
            api.ready = path(node)?;
        }
        if let Some(node) = map.get("health") {
            api.health = Some(path(node)?);
        }
        if let Some(node) = map.get("abort") {
            api.abort = Some(path(node)?);
        }
        if let Some(node) = map.get("history") {
            api.history = node.one_of("history", &[("webui", true), ("none", false)])?;
        }
        Ok(api)
    }

    fn chat(&mut self, node: Node<'_>) -> Result<(), InputError> {
        const KEYS: &[&str] = &[
            "post", "body", "answer", "message", "text", "session", "error", "end",
        ];
        let map = node.map("`chat`", KEYS)?;
        if let Some(node) = map.get("post") {
            self.chat = path(node)?;
        } else if self.chat.is_empty() {
            return Err(node.error("`chat` needs `post`, the path that a message is sent to"));
        }
        if let Some(node) = map.get("body") {
            self.body = node.json()?;
            if let Some(unknown) = unknown_name(&self.body) {
                let help = format!("what is sent is one of {{{}}}", SENT.join("}, {"));
                return Err(node
                    .error(format!("unknown name `{{{unknown}}}` in the body"))
                    .with_help(help));
            }
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
                *places = self::places(node)?;
            }
        }
        if let Some(node) = map.get("end") {
            let is_pointer = node.is_text() && node.text()?.starts_with('/');
            self.end = Some(if node.is_text() && !is_pointer {
                End::Text(node.filled()?.to_owned())
            } else {
                End::Place(place(node)?)
            });
        }
        if self.format != Format::Text && self.text.is_empty() && self.message.is_empty() {
            return Err(node
                .error("`chat` does not say where the text lies")
                .with_help("write `text: /choices/0/message/content`, a JSON pointer into a frame of the answer"));
        }
        Ok(())
    }

    /// The body of a request. A property that is only a name of what there is none of is left out.
    pub fn request(&self, sent: impl Fn(&str) -> Option<Value>) -> Value {
        filled(&self.body, &sent).unwrap_or(Value::Null)
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

fn places(node: Node<'_>) -> Result<Vec<Place>, InputError> {
    match node.list() {
        Ok(list) => list.into_iter().map(place).collect(),
        Err(_) => Ok(vec![place(node)?]),
    }
}

fn place(node: Node<'_>) -> Result<Place, InputError> {
    if node.is_text() {
        return pointer(node).map(|at| Place {
            at,
            when: Vec::new(),
        });
    }
    let map = node.map("a place", &["at", "when"])?;
    let mut place = Place::at(&pointer(map.required("at")?)?);
    for (_, key, value) in map
        .optional("when", |node| node.entries())?
        .unwrap_or_default()
    {
        let at = match key {
            "event" => EVENT.to_owned(),
            key if key.starts_with('/') => key.to_owned(),
            _ => {
                let help = "write a JSON pointer, such as `/type`; or `event`, the name of a server-sent event";
                return Err(value.error("`when` asks for a place").with_help(help));
            }
        };
        place.when.push((at, value.text()?.to_owned()));
    }
    Ok(place)
}

fn pointer(node: Node<'_>) -> Result<String, InputError> {
    let text = node.filled()?;
    if text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        let dotted = text.replace(['.', '['], "/").replace(']', "");
        Err(node
            .error("a place in a frame is a JSON pointer")
            .with_help(format!("write `/{}`", dotted.trim_start_matches('/'))))
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
