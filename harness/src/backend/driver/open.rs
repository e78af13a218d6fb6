//! A chat whose answer is still being read.

use super::super::Browser;
use super::super::api::{Api, End, Format, Place};
use super::super::http::{Body, Connection, Sent};
use super::super::socket::Socket;
use crate::scenario::{Reading, Until};
use crate::timeline::{ChatEnd, ChatSeen, Frame};
use serde_json::Value;
use std::rc::Rc;

/// A chat whose answer is still being read.
#[derive(Debug)]
pub struct OpenChat {
    /// What was seen so far.
    pub seen: ChatSeen,
    /// How the client reads.
    pub(super) reading: Reading,
    pub(super) line: Line,
    pub(super) rest: Vec<u8>,
    api: Rc<Api>,
    /// The name of the event whose data comes next.
    event: Option<String>,
}

/// How far the exchange is.
#[derive(Debug)]
pub(super) enum Line {
    /// The request was sent.
    Sent(Sent),
    /// An answer is there, and was not read to its end.
    Answer(Body),
    /// A WebSocket on which the message was sent.
    Socket(Box<Socket>),
    /// It is shown in a page.
    Page(Rc<Browser>),
    /// It is over.
    Over,
}

impl OpenChat {
    pub(super) fn new(seen: ChatSeen, reading: Reading, api: Rc<Api>) -> Self {
        Self {
            seen,
            reading,
            line: Line::Over,
            rest: Vec::new(),
            api,
            event: None,
        }
    }

    /// Whether the step left the chat open on purpose.
    pub fn is_open(&self) -> bool {
        !matches!(self.line, Line::Over) && self.seen.end == ChatEnd::Open
    }

    /// Hangs up.
    pub async fn leave(self) -> ChatSeen {
        if let Line::Page(browser) = &self.line {
            browser.leave().await;
        }
        self.seen
    }

    /// Hangs up with a FIN, or with a RST; a WebSocket is first closed as a page does that the user leaves.
    pub(super) async fn hang_up(&mut self, reset: bool) {
        let end = if reset {
            Connection::reset
        } else {
            Connection::close
        };
        match std::mem::replace(&mut self.line, Line::Over) {
            Line::Sent(sent) => end(sent.into_connection()),
            Line::Answer(body) => end(body.into_connection()),
            Line::Socket(socket) if reset => socket.reset(),
            Line::Socket(socket) => socket.close().await,
            Line::Page(browser) => browser.leave().await,
            Line::Over => {}
        }
    }

    /// The same, and that was it.
    pub async fn disconnect(mut self, reset: bool) -> ChatSeen {
        self.hang_up(reset).await;
        self.seen
    }

    /// Sends no more.
    pub fn half_close(&self) {
        match &self.line {
            Line::Sent(sent) => sent.connection().half_close(),
            Line::Answer(body) => body.connection().half_close(),
            // These have two halves that end together: the scenario was skipped.
            Line::Socket(_) | Line::Page(_) | Line::Over => {}
        }
    }

    /// Takes whole frames out of what was read; true once the step wants to leave the chat open.
    pub(super) fn take_lines(&mut self, until: Option<&Until>) -> bool {
        if matches!(self.api.format, Format::Json | Format::Text) {
            return false;
        }
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim();
            if let Some(event) = line.strip_prefix("event:") {
                self.event = Some(event.trim().to_owned());
            } else if line.is_empty() {
                self.event = None;
            }
            let Some(frame) = self.frame(line) else {
                continue;
            };
            if self.take(&frame, until) {
                return true;
            }
        }
        false
    }

    /// The frame that a line completes. Of events only the data is looked at, and each has one line of it.
    fn frame(&self, line: &str) -> Option<String> {
        let frame = match self.api.format {
            Format::Sse => line.strip_prefix("data:")?.trim_start(),
            _ => line,
        };
        (!frame.is_empty()).then(|| frame.to_owned())
    }

    /// The answer's last byte came, in order.
    pub(super) fn finish(&mut self) {
        self.seen.ended_in_order = true;
        let whole = matches!(self.api.format, Format::Json | Format::Text);
        if whole {
            let rest = std::mem::take(&mut self.rest);
            let rest = String::from_utf8_lossy(&rest).into_owned();
            if self.api.format == Format::Text {
                self.seen.frames.push(Frame::Text(rest));
            } else {
                self.take(&rest, None);
            }
        }
        if self.seen.end == ChatEnd::Open {
            self.seen.end = if whole || self.api.end.is_empty() {
                ChatEnd::Done
            } else {
                ChatEnd::CutOff
            };
        }
    }

    /// What came last, for whoever looks why nothing more comes.
    pub(super) fn last_frame(&self) -> Option<String> {
        self.seen.frames.last().map(|frame| match frame {
            Frame::Claude(message) => message.to_string(),
            Frame::Text(text) | Frame::Other(text) => text.clone(),
        })
    }

    /// Takes one frame; true if the step wants to leave the chat open there.
    pub(super) fn take(&mut self, frame: &str, until: Option<&Until>) -> bool {
        let Self {
            api, seen, event, ..
        } = self;
        let ended = seen.end != ChatEnd::Open;
        let is_end = |end: &End| matches!(end, End::Text(text) if text == frame);
        if api.end.iter().any(is_end) {
            // A second end is one too many.
            match ended {
                true => seen.frames.push(Frame::Other(frame.to_owned())),
                false => seen.end = ChatEnd::Done,
            }
            return false;
        }
        let value = api.frame(frame, event.as_deref());
        let find = |places: &[Place]| places.iter().find_map(|place| place.find(&value)).cloned();
        if let Some(id) = find(&api.session).as_ref().and_then(Value::as_str) {
            seen.given_session = Some(id.to_owned());
        }
        let kind = if let Some(message) = find(&api.message) {
            let kind = message["type"].as_str().unwrap_or_default().to_owned();
            seen.frames.push(Frame::Claude(message));
            kind
        } else if let Some(error) = find(&api.error).filter(|_| !ended) {
            let text = error
                .as_str()
                .map_or_else(|| error.to_string(), str::to_owned);
            seen.end = ChatEnd::Error(text);
            return false;
        } else if let Some(text) = find(&api.text).as_ref().and_then(Value::as_str) {
            if text.is_empty() {
                return false;
            }
            seen.frames.push(Frame::Text(text.to_owned()));
            "assistant".to_owned()
        } else if !ended && ends_at(api, &value) {
            seen.end = ChatEnd::Done;
            return false;
        } else {
            seen.frames.push(Frame::Other(frame.to_owned()));
            return false;
        };
        let pieces = seen
            .frames
            .iter()
            .filter(|frame| !matches!(frame, Frame::Other(_)));
        let count = pieces.count();
        until.is_some_and(|until| until.holds(&kind, count))
    }
}

/// Whether a frame ends an answer.
fn ends_at(api: &Api, frame: &Value) -> bool {
    let ends = |end: &End| matches!(end, End::Place(place) if place.find(frame).is_some());
    api.end.iter().any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::PathBuf;

    fn chat() -> OpenChat {
        let seen = ChatSeen::begun(1, String::new(), None, PathBuf::new());
        OpenChat::new(seen, Reading::All, Rc::new(Api::webui()))
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

    /// A chat with a backend of this description, which has sent this, and closed the connection in order.
    fn answered(api: Api, bytes: &str) -> ChatSeen {
        let seen = ChatSeen::begun(1, String::new(), None, PathBuf::new());
        let mut chat = OpenChat::new(seen, Reading::All, Rc::new(api));
        // Byte by byte, as it may come.
        for byte in bytes.bytes() {
            chat.rest.push(byte);
            chat.take_lines(None);
        }
        chat.finish();
        chat.seen
    }

    fn described(text: &str) -> Api {
        let document = crate::yaml::Document::parse("mine.yaml", text).unwrap();
        let map = document
            .root()
            .map("a backend", &["driver", "chat"])
            .unwrap();
        Api::read(&map).unwrap()
    }

    #[test]
    fn an_event_has_a_name() {
        let api = described(
            "driver: http\nchat: { post: /c, answer: sse, text: { at: /content, when: { event: text } }, \
             session: /id, error: { at: /content, when: { event: error } }, end: { at: /ms, when: { event: done } } }",
        );
        let seen = answered(
            api,
            ": hello\n\nevent: thinking\ndata: {\"content\":\"Hm\",\"id\":\"s\"}\n\n\
             event: text\r\ndata: {\"content\":\"Hi \"}\r\n\r\nevent: text\ndata: {\"content\":\"there\"}\n\n\
             event: done\ndata: {\"ms\":1}\n\n",
        );
        assert_eq!(seen.plain_text().as_deref(), Some("Hi there"));
        assert_eq!(seen.session_id().as_deref(), Some("s"));
        assert_eq!(seen.end, ChatEnd::Done);
        assert!(seen.answered());
    }

    #[test]
    fn a_streamed_chat_completion_ends_with_done() {
        let api = described("driver: openai-stream");
        let piece = |text: &str| {
            format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
        };
        let whole = format!("{}{}data: [DONE]\n\n", piece("Hi"), piece("!"));
        let seen = answered(api.clone(), &whole);
        assert_eq!(
            (seen.plain_text().as_deref(), &seen.end),
            (Some("Hi!"), &ChatEnd::Done)
        );
        // Without its last frame it was cut off.
        assert_eq!(answered(api, &piece("Hi")).end, ChatEnd::CutOff);
    }

    #[test]
    fn a_whole_document_ends_with_its_last_byte() {
        let seen = answered(
            described("driver: openai"),
            "{\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}",
        );
        assert!(seen.answered(), "{seen:?}");
        let failed = answered(
            described("driver: openai"),
            "{\"error\":{\"message\":\"no\"}}",
        );
        assert_eq!(failed.error(), Some("no"));
    }
}
