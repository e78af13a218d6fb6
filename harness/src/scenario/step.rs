//! What a user does, step by step.

use crate::yaml::{InputError, Node};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send a message and read the answer.
    Chat(Chat),
    /// Open the history as the app does: projects, the conversations of this project, the newest one.
    OpenHistory,
    /// Ask whether the backend is well.
    Health,
    /// Stop the chat that was left open.
    Abort,
}

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
    /// The chat is left open as soon as a message of this type arrived, e.g. `assistant`.
    pub until: Option<String>,
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

const STEPS: &[&str] = &["chat", "open-history", "health", "abort"];
const CHAT: &[&str] = &[
    "message",
    "session",
    "directory",
    "permission-mode",
    "allowed-tools",
    "until",
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

impl Step {
    pub(super) fn read(node: Node<'_>) -> Result<Self, InputError> {
        let (name, value) = node.single("step", STEPS)?;
        match (name, value) {
            ("chat", Some(value)) => Ok(Self::Chat(Chat::read(value)?)),
            ("chat", None) => Err(node
                .error("`chat` needs a message")
                .with_help("write `- chat: Hello`")),
            (_, Some(value)) if !value.is_null() => {
                Err(value.error(format!("the step `{name}` takes no value")))
            }
            ("open-history", _) => Ok(Self::OpenHistory),
            ("health", _) => Ok(Self::Health),
            _ => Ok(Self::Abort),
        }
    }
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
        }
    }

    fn read(node: Node<'_>) -> Result<Self, InputError> {
        let mut chat = Self::saying("");
        if node.is_text() {
            chat.message = node.filled()?.to_owned();
            return Ok(chat);
        }
        if node.entries().is_err() {
            let help = "write a message (in quotes, if it looks like a number) or a mapping with `message`";
            return Err(node.expected("a message").with_help(help));
        }
        let map = node.map("a chat", CHAT)?;
        chat.message = map.required("message")?.filled()?.to_owned();
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
        chat.directory = map.optional("directory", |node| super::read::inside_home(node))?;
        chat.permission_mode = map.optional("permission-mode", |node| {
            one_of(node, "permission mode", MODES)
        })?;
        chat.allowed_tools = map
            .optional("allowed-tools", |node| node.texts())?
            .unwrap_or_default();
        chat.until = map.optional("until", |node| one_of(node, "type of message", TYPES))?;
        Ok(chat)
    }
}
