//! Server-sent events, by the rules of the HTML standard.

use std::collections::VecDeque;
use std::fmt;

/// What the standard ignores at the start of a stream.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Decodes `text/event-stream`: lines that end in LF, CR or CRLF, data of several lines, comments, fields in any order.
///
/// What follows the last empty line is no event, also when the stream ends there: [`Events::unfinished`] tells.
#[derive(Debug, Clone, Default)]
pub struct Events {
    /// The line that is under way.
    line: Vec<u8>,
    /// The last line ended in a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    /// Whether the start of the stream, where a byte order mark may stand, is over.
    begun: bool,
    name: String,
    data: Vec<u8>,
    /// Whether there was a `data` field, which may be empty.
    has_data: bool,
    id: String,
    retry: Option<u64>,
    ready: VecDeque<Event>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Its `event` field; None stands for `message`.
    pub name: Option<String>,
    /// Its data, the lines joined by line feeds.
    pub data: String,
    /// The last id of the stream, which lasts until another one comes.
    pub id: String,
}

/// The event as it is sent; ids are left out where they are empty.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            writeln!(f, "event: {name}")?;
        }
        if !self.id.is_empty() {
            writeln!(f, "id: {}", self.id)?;
        }
        for line in self.data.split('\n') {
            writeln!(f, "data: {line}")?;
        }
        writeln!(f)
    }
}

impl Events {
    /// A decoder that was fed nothing yet.
    #[must_use]
    pub fn new() -> Events {
        Events::default()
    }

    /// Takes bytes that were read.
    pub fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if std::mem::take(&mut self.after_return) && byte == b'\n' {
                continue;
            }
            match byte {
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    self.end_line();
                }
                _ => self.line.push(byte),
            }
        }
    }

    /// How long a client waits before it connects again, in milliseconds, as the stream said last.
    #[must_use]
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Whether an event has begun that no empty line has ended: at the end of a stream it was cut off.
    #[must_use]
    pub fn unfinished(&self) -> bool {
        !self.line.is_empty() || self.has_data || !self.name.is_empty()
    }

    fn end_line(&mut self) {
        let whole = std::mem::take(&mut self.line);
        let mut line = whole.as_slice();
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let text = || String::from_utf8_lossy(value).into_owned();
        match field {
            b"event" => self.name = text(),
            b"data" => {
                self.has_data = true;
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            b"id" if !value.contains(&0) => self.id = text(),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                self.retry = text().parse().ok();
            }
            // A comment has an empty field; others are unknown.
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        if !std::mem::take(&mut self.has_data) {
            return;
        }
        data.pop();
        self.ready.push_back(Event {
            name: Some(name).filter(|name| !name.is_empty()),
            data: String::from_utf8_lossy(&data).into_owned(),
            id: self.id.clone(),
        });
    }
}

/// The events that are complete; more may come after `None`, once more was fed.
impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }
}
