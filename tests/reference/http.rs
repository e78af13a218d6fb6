//! A small HTTP/1.1 client: enough to ask a backend, and to read its stream line by line or leave it.

use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Nothing here takes longer, unless something hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The header block, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// An answer whose body is still coming; leaving it closes the connection.
pub(crate) struct Stream {
    pub(crate) status: u16,
    pub(crate) head: String,
    body: Body,
}

struct Body {
    input: BufReader<TcpStream>,
    /// What is left of the body, or of the chunk in hand.
    left: usize,
    chunked: bool,
    ended: bool,
}

pub(crate) fn get(port: u16, path: &str) -> Answer {
    send(port, "GET", path, None).whole()
}

pub(crate) fn post(port: u16, path: &str, body: &str) -> Answer {
    send(port, "POST", path, Some(body)).whole()
}

/// All bytes that a GET gives until the connection ends.
pub(crate) fn get_raw(port: u16, path: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    request(port, "GET", path, "")
        .read_to_end(&mut bytes)
        .expect("an end within the deadline");
    bytes
}

fn request(port: u16, method: &str, path: &str, body: &str) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("the backend listens");
    socket
        .set_read_timeout(Some(DEADLINE))
        .expect("a deadline can be set");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket
        .write_all(request.as_bytes())
        .expect("the backend reads");
    socket
}

/// Sends a request and reads the answer's head.
pub(crate) fn send(port: u16, method: &str, path: &str, body: Option<&str>) -> Stream {
    let mut input = BufReader::new(request(port, method, path, body.unwrap_or_default()));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let read = input
            .read_line(&mut head)
            .expect("a head within the deadline");
        assert!(read > 0, "the connection closed within the head: {head:?}");
    }
    let head = head.to_ascii_lowercase();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status line");
    let chunked = head.contains("transfer-encoding: chunked");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let left = length.map_or(0, |length| length.trim().parse().expect("a length"));
    Stream {
        status,
        head,
        body: Body {
            input,
            left,
            chunked,
            ended: !chunked && left == 0,
        },
    }
}

impl Stream {
    pub(crate) fn whole(mut self) -> Answer {
        let mut body = Vec::new();
        while let Some(byte) = self.body.next() {
            body.push(byte);
        }
        Answer {
            status: self.status,
            head: self.head,
            body: String::from_utf8(body).expect("UTF-8"),
        }
    }

    /// The next line of the body, as JSON; None at the body's end.
    pub(crate) fn line(&mut self) -> Option<Value> {
        let mut line = Vec::new();
        while let Some(byte) = self.body.next() {
            if byte == b'\n' {
                return Some(serde_json::from_slice(&line).expect("a line of JSON"));
            }
            line.push(byte);
        }
        assert!(
            line.is_empty(),
            "a cut line: {}",
            String::from_utf8_lossy(&line)
        );
        None
    }

    /// All lines up to the end.
    pub(crate) fn lines(mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.line()).collect()
    }
}

impl Body {
    fn next(&mut self) -> Option<u8> {
        if self.left == 0 && self.chunked && !self.ended {
            let mut size = String::new();
            self.input
                .read_line(&mut size)
                .expect("a chunk within the deadline");
            self.left = usize::from_str_radix(size.trim(), 16).expect("a chunk's size");
            self.ended = self.left == 0;
        }
        if self.left == 0 {
            return None;
        }
        let mut byte = [0];
        self.input
            .read_exact(&mut byte)
            .expect("the body within the deadline");
        self.left -= 1;
        if self.left == 0 && self.chunked {
            let mut end = [0; 2];
            self.input.read_exact(&mut end).expect("a chunk's end");
        }
        Some(byte[0])
    }
}
