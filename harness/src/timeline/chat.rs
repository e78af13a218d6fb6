//! One chat, frame by frame.

use super::Hang;
use serde_json::Value;
use std::path::PathBuf;

/// What was seen of one chat.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatSeen {
    /// Its number in the run, from 1.
    pub number: usize,
    /// The message that was sent.
    pub message: String,
    /// The session that it named.
    pub session: Option<String>,
    /// The working directory that it named.
    pub directory: PathBuf,
    /// Whether that directory was there.
    pub directory_exists: bool,
    /// The status code, once an answer began.
    pub status: Option<u16>,
    /// The content type.
    pub content_type: Option<String>,
    /// The frames, in order.
    pub frames: Vec<Frame>,
    /// How it ended.
    pub end: ChatEnd,
    /// Where the client went away from an open chat: whether the CLI still ran after a grace.
    pub cli_left_running: Option<bool>,
}

/// One frame of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// A message of the CLI, passed on.
    Claude(Value),
    /// Anything else that was no end.
    Other(String),
}

/// How a chat ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatEnd {
    /// With `done`.
    Done,
    /// With an error that is shown to the user.
    Error(String),
    /// With `aborted`.
    Aborted,
    /// The step left it open.
    Open,
    /// The stream ended without saying so.
    CutOff,
    /// No stream began: an HTTP error, or no connection.
    Refused(String),
    /// Nothing more came.
    Hung(Box<Hang>),
}

impl ChatSeen {
    /// A chat that has just begun.
    pub fn begun(
        number: usize,
        message: String,
        session: Option<String>,
        directory: PathBuf,
    ) -> Self {
        Self {
            number,
            message,
            session,
            directory_exists: directory.is_dir(),
            directory,
            status: None,
            content_type: None,
            frames: Vec::new(),
            end: ChatEnd::Open,
            cli_left_running: None,
        }
    }

    /// Whether this is the prompt that a server makes of the message: it may be trimmed, or lose a leading slash.
    pub fn is_asked_by(&self, prompt: &str) -> bool {
        is_prompt_of(&self.message, prompt)
    }

    /// The messages of the CLI that arrived, in order.
    pub fn messages(&self) -> impl Iterator<Item = &Value> {
        self.frames.iter().filter_map(|frame| match frame {
            Frame::Claude(message) => Some(message),
            Frame::Other(_) => None,
        })
    }

    /// The last `result` that arrived.
    pub fn result(&self) -> Option<&Value> {
        self.messages()
            .filter(|message| message["type"] == "result")
            .last()
    }

    /// The session id that the CLI gave.
    pub fn session_id(&self) -> Option<String> {
        let id = self
            .messages()
            .find_map(|message| message["session_id"].as_str())?;
        Some(id.to_owned())
    }

    /// Whether the user got an answer: a good result and a proper end.
    pub fn answered(&self) -> bool {
        self.end == ChatEnd::Done
            && self
                .result()
                .is_some_and(|result| result["is_error"] == Value::Bool(false))
    }

    /// The error that the user was shown, if any.
    pub fn error(&self) -> Option<&str> {
        match &self.end {
            ChatEnd::Error(text) | ChatEnd::Refused(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of the assistant, in order, as they arrived.
    pub fn texts(&self) -> Vec<String> {
        self.messages().flat_map(texts_of).collect()
    }
}

/// Whether a server may have made this prompt of this message.
pub(crate) fn is_prompt_of(message: &str, prompt: &str) -> bool {
    let plain = |text: &str| text.trim().trim_start_matches('/').to_owned();
    plain(message) == plain(prompt)
}

/// The texts in an assistant message.
pub(crate) fn texts_of(message: &Value) -> Vec<String> {
    if message["type"] != "assistant" {
        return Vec::new();
    }
    let blocks = message["message"]["content"].as_array();
    blocks
        .into_iter()
        .flatten()
        .filter(|block| block["type"] == "text")
        .filter_map(|block| block["text"].as_str())
        .map(str::to_owned)
        .collect()
}
