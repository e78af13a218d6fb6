//! Newline-delimited frames.

use std::borrow::Cow;
use std::io::{self, Read};
use std::str::Utf8Error;

/// Cuts bytes into lines at `\n`.
///
/// A carriage return before the line end is kept in [`Line::bytes`] and left out of [`Line::text`]. U+2028, U+2029 and
/// a lone carriage return end no line: they may stand inside of JSON.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    buffer: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Up to here there is no line end.
    searched: usize,
}

/// One line, without its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What stood before `\n`, as it came.
    pub bytes: Vec<u8>,
}

impl Lines {
    /// A decoder that was fed nothing yet.
    #[must_use]
    pub fn new() -> Lines {
        Lines::default()
    }

    /// Takes bytes that were read.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// How many bytes wait for a line end or for [`Lines::next`]: what a reader bounds that trusts nobody.
    #[must_use]
    pub fn held(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// The last line, where the bytes do not end in a line end.
    #[must_use]
    pub fn finish(mut self) -> Option<Line> {
        if self.held() == 0 {
            return None;
        }
        self.buffer.drain(..self.start);
        Some(Line { bytes: self.buffer })
    }
}

/// The lines that are complete; more may come after `None`, once more was fed.
impl Iterator for Lines {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let found = self.buffer[self.searched..]
            .iter()
            .position(|byte| *byte == b'\n');
        let Some(length) = found else {
            self.searched = self.buffer.len();
            return None;
        };
        let end = self.searched + length;
        let bytes = self.buffer[self.start..end].to_vec();
        self.start = end + 1;
        self.searched = self.start;
        Some(Line { bytes })
    }
}

impl Line {
    /// The line's text.
    ///
    /// # Errors
    /// The line is not UTF-8.
    pub fn text(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(plain(&self.bytes))
    }

    /// The line's text; what is not UTF-8 becomes U+FFFD, as in JavaScript.
    #[must_use]
    pub fn lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(plain(&self.bytes))
    }
}

/// Reads lines to the end of a source. It stops behind an error.
pub fn read_lines(mut source: impl Read) -> impl Iterator<Item = io::Result<Line>> {
    let mut decoder = Some(Lines::new());
    let mut buffer = vec![0; 64 * 1024];
    std::iter::from_fn(move || {
        while let Some(lines) = &mut decoder {
            if let Some(line) = lines.next() {
                return Some(Ok(line));
            }
            match source.read(&mut buffer) {
                Ok(0) => return decoder.take()?.finish().map(Ok),
                Ok(n) => lines.feed(&buffer[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    decoder = None;
                    return Some(Err(error));
                }
            }
        }
        None
    })
}

/// The lines of a whole file, the last one with or without a line end.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ended = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let count = if bytes.is_empty() { 0 } else { usize::MAX };
    ended.split(|byte| *byte == b'\n').map(plain).take(count)
}

fn plain(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
