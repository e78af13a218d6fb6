//! The Model Context Protocol: JSON-RPC messages, and what the CLI and its servers say in them.

use super::plain::Named;
use super::wire::{Known, Nullable, Object, Wire, tagged, wire};
use serde_json::Value;

/// The id of a request, which each side numbers or names for itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

impl Wire for Id {
    fn fits(value: &Value) -> bool {
        value.is_string() || value.is_i64()
    }

    fn take(value: Value) -> Self {
        match value {
            Value::String(text) => Id::Text(text),
            other => Id::Number(i64::take(other)),
        }
    }

    fn write(&self) -> Value {
        match self {
            Id::Number(number) => (*number).into(),
            Id::Text(text) => text.as_str().into(),
        }
    }
}

impl Known for Id {
    fn strays(&self, _: &str, _: &mut Vec<String>) {}
}

impl From<u64> for Id {
    fn from(number: u64) -> Id {
        Id::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

wire! {
    /// A message of either side; [`Message::kind`] tells what it is.
    pub struct Message {
        /// What is asked for or told.
        method: Option<String>,
        /// What it is about.
        params: Option<Value>,
        /// `2.0`.
        jsonrpc: Option<String>,
        /// Which request it is, or answers; null where an answer cannot tell.
        id: Nullable<Id>,
        /// The answer.
        result: Option<Value>,
        /// Why there is none.
        error: Option<Error>,
    }

    /// Why a request has no answer.
    pub struct Error {
        /// JSON-RPC's number, or the server's own.
        code: Option<i64>,
        /// A text for people.
        message: Option<String>,
        /// More on it.
        data: Option<Value>,
    }
}

wire! {
    /// What `elicitation/create` asks the user.
    pub struct Elicit {
        /// The question.
        message: Option<String>,
        /// `form`, which it is where it does not say so, or `url`.
        mode: Option<String>,
        /// Where the answer is given.
        url: Option<String>,
        /// The question's name, where the answer is given elsewhere.
        elicitation_id as "elicitationId": Option<String>,
        /// The answer's schema.
        requested_schema as "requestedSchema": Option<Object>,
    }

    /// What the user answers.
    pub struct Elicited {
        /// `accept`, `decline` or `cancel`.
        action: Option<String>,
        /// The answer.
        content: Option<Object>,
    }
}

impl Elicited {
    /// An answer without content.
    #[must_use]
    pub fn act(action: &str) -> Elicited {
        Elicited {
            action: Some(action.to_owned()),
            ..Elicited::default()
        }
    }

    /// Whether it is an answer at all.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(
            self.action.as_deref(),
            Some("accept" | "decline" | "cancel")
        )
    }
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind<'m> {
    /// It wants an answer.
    Request {
        /// Its id.
        id: &'m Id,
        /// What is asked for.
        method: &'m str,
    },
    /// It wants none.
    Notification {
        /// What is told.
        method: &'m str,
    },
    /// An answer; the id is absent where the other side could not read the request.
    Response {
        /// The request that it answers.
        id: Option<&'m Id>,
        /// The error, if it is one.
        error: Option<&'m Error>,
    },
    /// None of these.
    Nothing,
}

impl Message {
    /// A request.
    #[must_use]
    pub fn request(id: impl Into<Id>, method: &str, params: Option<Value>) -> Message {
        Message {
            id: Nullable::Of(id.into()),
            ..Message::notification(method, params)
        }
    }

    /// A notification.
    #[must_use]
    pub fn notification(method: &str, params: Option<Value>) -> Message {
        Message {
            method: Some(method.to_owned()),
            params,
            jsonrpc: Some("2.0".to_owned()),
            ..Message::default()
        }
    }

    /// An answer to a request.
    #[must_use]
    pub fn response(id: Id, answer: Result<Value, Error>) -> Message {
        let mut message = Message {
            jsonrpc: Some("2.0".to_owned()),
            id: Nullable::Of(id),
            ..Message::default()
        };
        match answer {
            Ok(result) => message.result = Some(result),
            Err(error) => message.error = Some(error),
        }
        message
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind<'_> {
        match (&self.method, &self.id) {
            (Some(method), Nullable::Of(id)) => Kind::Request { id, method },
            (Some(method), _) => Kind::Notification { method },
            (None, id) if self.result.is_some() || self.error.is_some() => Kind::Response {
                id: id.value(),
                error: self.error.as_ref(),
            },
            (None, _) => Kind::Nothing,
        }
    }
}

impl Error {
    /// JSON-RPC's number for a method that is not known.
    pub const METHOD_NOT_FOUND: i64 = -32601;

    /// An error.
    #[must_use]
    pub fn new(code: i64, message: &str) -> Error {
        Error {
            code: Some(code),
            message: Some(message.to_owned()),
            ..Error::default()
        }
    }
}

wire! {
    /// How a server is reached, as `--mcp-config` and clients write it.
    pub struct ServerConfig {
        /// `stdio`, `http`, `sse` or `sdk`; absent: `stdio`.
        kind as "type": Option<String>,
        /// The program.
        command: Option<String>,
        /// Its arguments.
        args: Option<Vec<String>>,
        /// Variables for it.
        env: Option<Named<String>>,
        /// Its address.
        url: Option<String>,
        /// What requests carry.
        headers: Option<Named<String>>,
        /// Its name, where it lives in the client.
        name: Option<String>,
    }

    /// What `initialize` says.
    pub struct InitializeParams {
        /// The newest version that the client speaks.
        protocol_version as "protocolVersion": Option<String>,
        /// What it can do.
        capabilities: Option<Object>,
        /// What it is.
        client_info as "clientInfo": Option<Implementation>,
    }

    /// A server's answer to `initialize`.
    pub struct InitializeResult {
        /// The version that both speak.
        protocol_version as "protocolVersion": Option<String>,
        /// What it can do.
        capabilities: Option<Capabilities>,
        /// What it is.
        server_info as "serverInfo": Option<Value>,
        /// How to use it.
        instructions: Option<String>,
    }

    /// What a server can do.
    pub struct Capabilities {
        /// It has tools.
        tools: Nullable<Object>,
        /// It has prompts.
        prompts: Nullable<Object>,
        /// It has resources.
        resources: Nullable<Resources>,
        /// It logs.
        logging: Nullable<Object>,
        /// It completes arguments.
        completions: Nullable<Object>,
        /// What no standard names.
        experimental: Nullable<Object>,
    }

    /// What a server can do with resources.
    pub struct Resources {
        /// It tells when one changes.
        subscribe: Option<bool>,
        /// It tells when the list changes.
        list_changed as "listChanged": Option<bool>,
    }

    /// The name of a client or a server.
    pub struct Implementation {
        /// Its name.
        name: Option<String>,
        /// Its name for people.
        title: Option<String>,
        /// Its version.
        version: Option<String>,
        /// Its website.
        website as "websiteUrl": Option<String>,
        /// What it is for.
        description: Option<String>,
    }

    /// The answer to `tools/list`.
    pub struct ToolList {
        /// The tools.
        tools: Option<Vec<Tool>>,
        /// Where to go on.
        next_cursor as "nextCursor": Option<String>,
    }

    /// A tool.
    pub struct Tool {
        /// Its name.
        name: Option<String>,
        /// Its name for people.
        title: Option<String>,
        /// What it does.
        description: Option<String>,
        /// A JSON schema.
        input_schema as "inputSchema": Option<Value>,
        /// A JSON schema.
        output_schema as "outputSchema": Option<Value>,
        /// What it does to the world.
        annotations: Option<Annotations>,
        /// What no standard names.
        meta as "_meta": Option<Object>,
    }

    /// What a tool does to the world, as its server says.
    pub struct Annotations {
        /// Its name for people.
        title: Option<String>,
        /// It changes nothing.
        read_only as "readOnlyHint": Option<bool>,
        /// It may destroy something.
        destructive as "destructiveHint": Option<bool>,
        /// Twice is as once.
        idempotent as "idempotentHint": Option<bool>,
        /// It reaches out of this machine.
        open_world as "openWorldHint": Option<bool>,
    }

    /// What `tools/call` says.
    pub struct CallParams {
        /// The tool.
        name: Option<String>,
        /// Its input.
        arguments: Option<Value>,
        /// What no standard names.
        meta as "_meta": Option<Object>,
    }

    /// The answer to `tools/call`.
    pub struct CallResult {
        /// What came of it.
        content: Option<Vec<Content>>,
        /// The same, as data.
        structured as "structuredContent": Option<Value>,
        /// The same, from servers of the first protocol.
        first as "toolResult": Option<Value>,
        /// Whether the tool failed.
        is_error as "isError": Option<bool>,
        /// What no standard names.
        meta as "_meta": Option<Object>,
    }
}

tagged! {
    /// A block of a result, by its `type`.
    pub enum Content by "type" {
        /// Text.
        "text" => Text(TextContent),
        /// A picture.
        "image" => Image(Media),
        /// Sound.
        "audio" => Audio(Media),
        /// A resource itself.
        "resource" => Resource(Embedded),
        /// Where a resource is.
        "resource_link" => Link(ResourceLink),
    }
}

impl Content {
    /// The text of a text block.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Content::Text(text) => text.text.as_deref(),
            _ => None,
        }
    }
}

wire! {
    /// A text.
    pub struct TextContent: "type" = "text" {
        /// The text.
        text: Option<String>,
        /// For whom it is.
        annotations: Option<Object>,
    }

    /// A picture or a sound.
    pub struct Media {
        /// `image` or `audio`.
        kind as "type": Option<String>,
        /// Its bytes in base64.
        data: Option<String>,
        /// What the bytes are.
        mime_type as "mimeType": Option<String>,
        /// For whom it is.
        annotations: Option<Object>,
    }

    /// A resource itself.
    pub struct Embedded: "type" = "resource" {
        /// The resource.
        resource: Option<Object>,
        /// For whom it is.
        annotations: Option<Object>,
    }

    /// Where a resource is.
    pub struct ResourceLink: "type" = "resource_link" {
        /// Its address.
        uri: Option<String>,
        /// Its name.
        name: Option<String>,
        /// What it is.
        description: Option<String>,
        /// What its bytes are.
        mime_type as "mimeType": Option<String>,
    }
}
