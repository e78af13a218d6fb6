//! One chat, frame by frame.

use super::{CliAfter, Hang};
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
    /// It was to go on with a conversation of which no id is known, so that it began a new one.
    pub lost_session: bool,
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
    /// The session id that the backend gave beside the CLI's messages.
    pub given_session: Option<String>,
    /// How it was asked: `POST /api/chat`.
    pub asked: String,
    /// Where its parts were looked for.
    pub looked_for: LookedFor,
    /// Whether the answer's last byte came in order.
    pub ended_in_order: bool,
    /// Whether the backend passes on text, not the CLI's messages.
    pub only_text: bool,
    /// How it ended.
    pub end: ChatEnd,
    /// Where the client went away from an open chat: what became of its CLI.
    pub cli: Option<CliAfter>,
}

/// Where the parts of an answer were looked for, for messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookedFor {
    /// Text, messages and errors, by the keys of the backend file.
    pub answer: String,
    /// The id of the conversation, if there is a place for it.
    pub session: Option<String>,
    /// What ends an answer; None: its last byte.
    pub end: Option<String>,
    /// Whether the backend file itself says so, not only its `driver`.
    pub mapped: bool,
    /// Whether the backend is spoken to over its stdin and stdout, by a host.
    pub hosted: bool,
}

/// One frame of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// A message of the CLI, passed on.
    Claude(Value),
    /// A piece of the answer's text, of a backend that passes on no more than that.
    Text(String),
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
            lost_session: false,
            directory_exists: directory.is_dir(),
            directory,
            status: None,
            content_type: None,
            frames: Vec::new(),
            given_session: None,
            asked: String::new(),
            looked_for: Default::default(),
            ended_in_order: false,
            only_text: false,
            end: ChatEnd::Open,
            cli: None,
        }
    }

    /// Whether this is the prompt that a server makes of the message: it may be trimmed, or lose a leading slash; a backend
    /// that passes on only text may also have put it between words of its own.
    pub fn is_asked_by(&self, prompt: &str) -> bool {
        is_prompt_of(&self.message, prompt) || (self.only_text && prompt.contains(&self.message))
    }

    /// The messages of the CLI that arrived, in order.
    pub fn messages(&self) -> impl Iterator<Item = &Value> {
        self.frames.iter().filter_map(|frame| match frame {
            Frame::Claude(message) => Some(message),
            Frame::Text(_) | Frame::Other(_) => None,
        })
    }

    /// The answer's text, of a backend that passes on no more than that.
    pub fn plain_text(&self) -> Option<String> {
        let pieces = self.frames.iter().filter_map(|frame| match frame {
            Frame::Text(piece) => Some(piece.as_str()),
            _ => None,
        });
        let text: String = pieces.collect();
        (!text.is_empty()).then_some(text)
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
            .find_map(|message| message["session_id"].as_str());
        id.or(self.given_session.as_deref()).map(str::to_owned)
    }

    /// Whether the user got an answer: a good result and a proper end.
    pub fn answered(&self) -> bool {
        let fine = match self.result() {
            Some(result) => result["is_error"] == Value::Bool(false),
            None => self.plain_text().is_some(),
        };
        self.end == ChatEnd::Done && fine
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
        match self.plain_text() {
            Some(text) => vec![text],
            None => self.messages().flat_map(texts_of).collect(),
        }
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
