//! A message of the user, and how its answer is read.

use crate::yaml::{InputError, Node};

/// A message of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    /// The text.
    pub message: String,
    /// The conversation that it belongs to.
    pub session: ChatSession,
    /// The working directory, relative to HOME; None: the project.
    pub directory: Option<String>,
    /// The permission mode that the app asks for.
    pub permission_mode: Option<String>,
    /// Tools that are allowed without asking.
    pub allowed_tools: Vec<String>,
    /// The chat is left open as soon as this arrived.
    pub until: Option<Until>,
    /// How the client reads.
    pub reading: Reading,
    /// The app sends it before it starts the backend, and again until somebody takes it.
    pub before_ready: bool,
}

/// The conversation that a message belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatSession {
    /// A new one.
    New,
    /// The one of the chat before.
    Previous,
    /// The one that `open-history` opened.
    Opened,
}

/// What a client waits for before it leaves a chat open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// The first message of this type, e.g. `assistant`.
    Type(String),
    /// So many messages of the CLI.
    Messages(usize),
}

impl Until {
    /// Whether that has arrived, with the message of this type as the `count`th.
    pub fn holds(&self, kind: &str, count: usize) -> bool {
        match self {
            Self::Type(wanted) => wanted == kind,
            Self::Messages(wanted) => count >= *wanted,
        }
    }
}

/// How the client reads an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// As fast as it comes.
    #[default]
    All,
    /// In small pieces with pauses, through a small window.
    Slowly,
    /// Not yet: the message is only sent, and `read-on` reads.
    Later,
    /// Not at all, through a small window; the step is over when nothing moves any more.
    Never,
}

const KEYS: &[&str] = &[
    "message",
    "bytes",
    "session",
    "directory",
    "permission-mode",
    "allowed-tools",
    "until",
    "read",
    "before-ready",
];

/// Types of messages of the CLI that a client can wait for (PROTOCOL 3).
const TYPES: &[&str] = &["system", "assistant", "user", "result", "stream_event"];
/// Permission modes of all versions (PROTOCOL 1.3).
const MODES: &[&str] = &[
    "default",
    "acceptEdits",
    "plan",
    "bypassPermissions",
    "dontAsk",
    "delegate",
    "auto",
    "manual",
];

fn one_of(node: Node<'_>, what: &str, known: &[&str]) -> Result<String, InputError> {
    let choices: Vec<(&str, &str)> = known.iter().map(|name| (*name, *name)).collect();
    node.one_of(what, &choices).map(str::to_owned)
}

impl Chat {
    /// A message in a new conversation, read to its end.
    pub fn saying(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            session: ChatSession::New,
            directory: None,
            permission_mode: None,
            allowed_tools: Vec::new(),
            until: None,
            reading: Reading::All,
            before_ready: false,
        }
    }

    /// Whether the step may be over before the answer is.
    pub fn stays_open(&self) -> bool {
        self.until.is_some() || matches!(self.reading, Reading::Later | Reading::Never)
    }

    pub(super) fn read(node: Node<'_>) -> Result<Self, InputError> {
        let mut chat = Self::saying("");
        if node.is_text() {
            chat.message = node.filled()?.to_owned();
            return Ok(chat);
        }
        if node.entries().is_err() {
            let help = "write a message (in quotes, if it looks like a number) or a mapping with `message`";
            return Err(node.expected("a message").with_help(help));
        }
        let map = node.map("a chat", KEYS)?;
        chat.message = map.required("message")?.filled()?.to_owned();
        if let Some(node) = map.get("bytes") {
            let bytes = usize::try_from(node.integer(1..=8_388_608)?).unwrap_or(1);
            fill(&mut chat.message, bytes);
        }
        if let Some(session) = map.get("session") {
            chat.session = session.one_of(
                "session",
                &[
                    ("new", ChatSession::New),
                    ("previous", ChatSession::Previous),
                    ("opened", ChatSession::Opened),
                ],
            )?;
        }
        chat.directory = map.optional("directory", super::super::read::inside_home)?;
        chat.permission_mode = map.optional("permission-mode", |node| {
            one_of(node, "permission mode", MODES)
        })?;
        chat.allowed_tools = map
            .optional("allowed-tools", |node| node.texts())?
            .unwrap_or_default();
        chat.until = map.optional("until", until)?;
        if let Some(node) = map.get("read") {
            chat.reading = node.one_of(
                "way to read",
                &[
                    ("all", Reading::All),
                    ("slowly", Reading::Slowly),
                    ("later", Reading::Later),
                    ("never", Reading::Never),
                ],
            )?;
            if chat.until.is_some() && matches!(chat.reading, Reading::Later | Reading::Never) {
                return Err(node.error("a client that does not read cannot wait `until` something"));
            }
        }
        if let Some(node) = map.get("before-ready") {
            chat.before_ready = node.boolean()?;
            if chat.before_ready && chat.stays_open() {
                return Err(node.error("a chat that is sent `before-ready` is read to its end"));
            }
        }
        Ok(chat)
    }
}

/// Goes on with words until the message has so many bytes, as one does into which a file was pasted.
fn fill(message: &mut String, bytes: usize) {
    const WORDS: &str = " and so on";
    while message.len() < bytes {
        let rest = bytes - message.len();
        message.push_str(&WORDS[..rest.min(WORDS.len())]);
    }
}

fn until(node: Node<'_>) -> Result<Until, InputError> {
    if node.is_text() {
        return one_of(node, "type of message", TYPES).map(Until::Type);
    }
    let count = node.integer(1..=10_000).map_err(|_| {
        node.expected("a type of message or a number of messages")
            .with_help("write `until: assistant`, or `until: 3` for the third message of the CLI")
    })?;
    Ok(Until::Messages(usize::try_from(count).unwrap_or(1)))
}
