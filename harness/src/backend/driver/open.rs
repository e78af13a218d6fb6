//! A chat whose answer is still being read.

use super::super::http::{Body, Connection, Sent};
use crate::scenario::{Reading, Until};
use crate::timeline::{ChatEnd, ChatSeen, Frame};
use serde_json::Value;

/// A chat whose answer is still being read.
#[derive(Debug)]
pub struct OpenChat {
    /// What was seen so far.
    pub seen: ChatSeen,
    /// How the client reads.
    pub(super) reading: Reading,
    pub(super) line: Line,
    pub(super) rest: Vec<u8>,
}

/// How far the exchange is.
#[derive(Debug)]
pub(super) enum Line {
    /// The request was sent.
    Sent(Sent),
    /// An answer is there, and was not read to its end.
    Answer(Body),
    /// It is over.
    Over,
}

impl OpenChat {
    pub(super) fn new(seen: ChatSeen, reading: Reading) -> Self {
        Self {
            seen,
            reading,
            line: Line::Over,
            rest: Vec::new(),
        }
    }

    /// Whether the step left the chat open on purpose.
    pub fn is_open(&self) -> bool {
        !matches!(self.line, Line::Over) && self.seen.end == ChatEnd::Open
    }

    /// Hangs up.
    pub fn leave(self) -> ChatSeen {
        self.seen
    }

    /// Hangs up with a FIN, or with a RST.
    pub fn disconnect(self, reset: bool) -> ChatSeen {
        let end = if reset {
            Connection::reset
        } else {
            Connection::close
        };
        match self.line {
            Line::Sent(sent) => end(sent.into_connection()),
            Line::Answer(body) => end(body.into_connection()),
            Line::Over => {}
        }
        self.seen
    }

    /// Sends no more.
    pub fn half_close(&self) {
        match &self.line {
            Line::Sent(sent) => sent.connection().half_close(),
            Line::Answer(body) => body.connection().half_close(),
            Line::Over => {}
        }
    }

    /// Takes whole lines out of what was read; true once the step wants to leave the chat open.
    pub(super) fn take_lines(&mut self, until: Option<&Until>) -> bool {
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if line.trim().is_empty() {
                continue;
            }
            let Some(kind) = take(&mut self.seen, line.trim()) else {
                continue;
            };
            let count = self.seen.messages().count();
            if until.is_some_and(|until| until.holds(&kind, count)) {
                return true;
            }
        }
        false
    }
}

/// Takes one line; gives the type of the CLI's message that it carries.
fn take(seen: &mut ChatSeen, line: &str) -> Option<String> {
    let frame: Value = serde_json::from_str(line).unwrap_or(Value::Null);
    match frame["type"].as_str() {
        Some("claude_json") => {
            let message = frame["data"].clone();
            let kind = message["type"].as_str().unwrap_or_default().to_owned();
            seen.frames.push(Frame::Claude(message));
            return Some(kind);
        }
        // Exactly one of these ends an answer; a second end is one too many.
        Some("done") if seen.end == ChatEnd::Open => seen.end = ChatEnd::Done,
        Some("aborted") if seen.end == ChatEnd::Open => seen.end = ChatEnd::Aborted,
        Some("error") if seen.end == ChatEnd::Open => {
            seen.end = ChatEnd::Error(frame["error"].as_str().unwrap_or_default().to_owned());
        }
        _ => seen.frames.push(Frame::Other(line.to_owned())),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::PathBuf;

    fn chat() -> OpenChat {
        let seen = ChatSeen::begun(1, String::new(), None, PathBuf::new());
        OpenChat::new(seen, Reading::All)
    }

    fn line(kind: &str) -> String {
        format!("{{\"type\":\"claude_json\",\"data\":{{\"type\":\"{kind}\"}}}}\n")
    }

    #[test]
    fn a_line_may_come_in_pieces() {
        let mut chat = chat();
        for piece in [
            &b"{\"type\":\"claude_json\",\"data\":{\"ty"[..],
            b"pe\":\"x\"}}\n{\"type\":\"do",
            b"ne\"}\n",
        ] {
            chat.rest.extend_from_slice(piece);
            chat.take_lines(None);
        }
        assert_eq!(chat.seen.frames, [Frame::Claude(json!({"type": "x"}))]);
        assert_eq!(chat.seen.end, ChatEnd::Done);
    }

    #[test]
    fn a_second_end_is_kept_as_something_else() {
        let mut chat = chat();
        chat.rest = b"{\"type\":\"error\",\"error\":\"no\"}\n{\"type\":\"done\"}\n".to_vec();
        chat.take_lines(None);
        assert_eq!(chat.seen.end, ChatEnd::Error("no".to_owned()));
        assert_eq!(chat.seen.frames.len(), 1);
    }

    #[test]
    fn a_chat_is_left_open_at_the_first_message_of_the_type() {
        let mut chat = chat();
        chat.rest =
            format!("{}{}{}", line("system"), line("assistant"), line("result")).into_bytes();
        let until = Until::Type("assistant".to_owned());
        assert!(chat.take_lines(Some(&until)));
        assert_eq!(chat.seen.frames.len(), 2);
    }

    #[test]
    fn a_chat_is_left_open_at_the_message_of_the_number() {
        let mut chat = chat();
        chat.rest = line("assistant").repeat(5).into_bytes();
        assert!(chat.take_lines(Some(&Until::Messages(3))));
        assert_eq!(chat.seen.frames.len(), 3);
    }
}
