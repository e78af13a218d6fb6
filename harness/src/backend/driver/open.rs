//! A chat whose answer is still being read.

use super::super::Browser;
use super::super::api::{Api, End, Format, Place};
use super::super::http::{Body, Connection, Sent};
use super::super::socket::Socket;
use crate::scenario::{Reading, Until};
use crate::timeline::{ChatEnd, ChatSeen, Frame};
use mock_claude::protocol::decode::{Events, Lines};
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
    frames: Frames,
    api: Rc<Api>,
}

/// How the bytes of an answer become frames.
#[derive(Debug)]
enum Frames {
    /// Each line is one.
    Lines(Lines),
    /// The data of each event is one.
    Events(Events),
    /// The answer is one.
    Whole(Vec<u8>),
}

impl Frames {
    fn of(format: Format) -> Self {
        match format {
            Format::Json | Format::Text => Self::Whole(Vec::new()),
            Format::Sse => Self::Events(Events::new()),
            _ => Self::Lines(Lines::new()),
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        match self {
            Self::Lines(lines) => lines.feed(bytes),
            Self::Events(events) => events.feed(bytes),
            Self::Whole(whole) => whole.extend_from_slice(bytes),
        }
    }

    /// The next frame that is complete, and its event's name.
    fn next(&mut self) -> Option<(String, Option<String>)> {
        match self {
            Self::Lines(lines) => lines.next().map(|line| (line.lossy().into_owned(), None)),
            Self::Events(events) => events.next().map(|event| (event.data, event.name)),
            Self::Whole(_) => None,
        }
    }

    /// What the end of the answer completes.
    fn last(&mut self) -> Option<String> {
        match self {
            Self::Lines(lines) => {
                let last = std::mem::take(lines).finish()?;
                Some(last.lossy().into_owned())
            }
            // An event ends with an empty line; a page that reads it drops what has none.
            Self::Events(_) => None,
            Self::Whole(whole) => {
                Some(String::from_utf8_lossy(&std::mem::take(whole)).into_owned())
            }
        }
    }
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
            frames: Frames::of(api.format),
            api,
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

    /// Takes the frames that these bytes complete; true once the step wants to leave the chat open.
    pub(super) fn read(&mut self, bytes: &[u8], until: Option<&Until>) -> bool {
        self.frames.feed(bytes);
        while let Some((frame, event)) = self.frames.next() {
            if self.take_line(&frame, event.as_deref(), until) {
                return true;
            }
        }
        false
    }

    fn take_line(&mut self, frame: &str, event: Option<&str>, until: Option<&Until>) -> bool {
        let frame = frame.trim();
        !frame.is_empty() && self.take(frame, event, until)
    }

    /// The answer's last byte came, in order.
    pub(super) fn finish(&mut self) {
        self.seen.ended_in_order = true;
        let last = self.frames.last();
        match (self.api.format, last) {
            (Format::Text, Some(text)) => self.seen.frames.push(Frame::Text(text)),
            (Format::Json, Some(document)) => {
                self.take(&document, None, None);
            }
            (_, Some(line)) => {
                self.take_line(&line, None, None);
            }
            (_, None) => {}
        }
        let whole = matches!(self.api.format, Format::Json | Format::Text);
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

    /// Takes one frame, and the name of its event; true if the step wants to leave the chat open there.
    pub(super) fn take(&mut self, frame: &str, event: Option<&str>, until: Option<&Until>) -> bool {
        let Self { api, seen, .. } = self;
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
        let value = api.frame(frame, event);
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
            chat.read(piece, None);
        }
        assert_eq!(chat.seen.frames, [Frame::Claude(json!({"type": "x"}))]);
        assert_eq!(chat.seen.end, ChatEnd::Done);
    }

    #[test]
    fn a_second_end_is_kept_as_something_else() {
        let mut chat = chat();
        chat.read(
            b"{\"type\":\"error\",\"error\":\"no\"}\n{\"type\":\"done\"}\n",
            None,
        );
        assert_eq!(chat.seen.end, ChatEnd::Error("no".to_owned()));
        assert_eq!(chat.seen.frames.len(), 1);
    }

    #[test]
    fn a_chat_is_left_open_at_the_first_message_of_the_type() {
        let mut chat = chat();
        let lines = [line("system"), line("assistant"), line("result")].concat();
        let until = Until::Type("assistant".to_owned());
        assert!(chat.read(lines.as_bytes(), Some(&until)));
        assert_eq!(chat.seen.frames.len(), 2);
    }

    #[test]
    fn a_chat_is_left_open_at_the_message_of_the_number() {
        let mut chat = chat();
        let lines = line("assistant").repeat(5);
        assert!(chat.read(lines.as_bytes(), Some(&Until::Messages(3))));
        assert_eq!(chat.seen.frames.len(), 3);
    }

    /// A chat with a backend of this description, which has sent this, and closed the connection in order.
    fn answered(api: Api, bytes: &str) -> ChatSeen {
        let seen = ChatSeen::begun(1, String::new(), None, PathBuf::new());
        let mut chat = OpenChat::new(seen, Reading::All, Rc::new(api));
        // Byte by byte, as it may come.
        for byte in bytes.bytes() {
            chat.read(&[byte], None);
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
    fn an_event_may_have_data_of_several_lines_and_its_name_after_them() {
        let api = described(
            "driver: http\nchat: { post: /c, answer: sse, text: { at: /content, when: { event: text } }, \
             end: { at: /ms, when: { event: done } } }",
        );
        let seen = answered(
            api.clone(),
            "data: {\ndata: \"content\": \"Hi\"}\nevent: text\n\ndata: {\"ms\":1}\nevent: done\n\n",
        );
        assert_eq!(seen.plain_text().as_deref(), Some("Hi"));
        assert_eq!(seen.end, ChatEnd::Done);
        // The standard's third line end.
        let seen = answered(
            api,
            "event: text\rdata: {\"content\":\"Hi\"}\r\revent: done\rdata: {\"ms\":1}\r\r",
        );
        assert!(seen.answered(), "{seen:?}");
    }

    #[test]
    fn a_last_line_without_a_line_end_is_a_frame() {
        let seen = answered(Api::webui(), &(line("result") + "{\"type\":\"done\"}"));
        assert_eq!(seen.end, ChatEnd::Done);
        assert_eq!(seen.frames.len(), 1);
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
