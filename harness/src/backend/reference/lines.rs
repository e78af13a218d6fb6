//! Lines of a child's stdout, as Node's readline makes them.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Splits a byte stream at `\n`, `\r\n` and a lone `\r`; invalid UTF-8 becomes U+FFFD, and what follows the
/// last line end is a line too.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// Up to here the buffer was searched in vain.
    searched: usize,
    /// The last line ended in `\r`: a `\n` that follows belongs to it.
    after_return: bool,
    ended: bool,
    /// Each piece that is read is decoded for itself.
    in_pieces: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            searched: 0,
            after_return: false,
            ended: false,
            in_pieces: false,
        }
    }

    /// Decodes each piece that is read for itself, as `chunk.toString()` does.
    pub(super) fn decoded_in_pieces(mut self) -> Self {
        self.in_pieces = true;
        self
    }

    /// The next line; None at the end. A read error counts as the end, as it does for a socket that was reset.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(line) = self.take() {
                return Some(line);
            }
            if self.ended {
                return None;
            }
            let before = self.buffer.len();
            match self.input.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => self.ended = true,
                Ok(_) if self.in_pieces => {
                    let piece = self.buffer.split_off(before);
                    let text = String::from_utf8_lossy(&piece).into_owned();
                    self.buffer.extend(text.into_bytes());
                }
                Ok(_) => {}
            }
        }
    }

    fn take(&mut self) -> Option<String> {
        if self.after_return && !self.buffer.is_empty() {
            self.after_return = false;
            if self.buffer[0] == b'\n' {
                self.buffer.remove(0);
            }
        }
        let end = self.buffer[self.searched..]
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'));
        let Some(end) = end.map(|at| at + self.searched) else {
            self.searched = self.buffer.len();
            if self.ended && !self.buffer.is_empty() {
                self.searched = 0;
                return Some(
                    String::from_utf8_lossy(&std::mem::take(&mut self.buffer)).into_owned(),
                );
            }
            return None;
        };
        self.searched = 0;
        self.after_return = self.buffer[end] == b'\r';
        let line = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.drain(..=end);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (mut write, read) = tokio::io::duplex(4);
            let mut lines = Lines::new(read);
            let feed = async {
                for chunk in chunks {
                    write.write_all(chunk).await.unwrap();
                }
                drop(write);
            };
            let collect = async {
                let mut all = Vec::new();
                while let Some(line) = lines.next().await {
                    all.push(line);
                }
                all
            };
            tokio::join!(feed, collect).1
        })
    }

    #[test]
    fn every_line_end_of_readline_ends_a_line() {
        assert_eq!(
            lines(&[b"a\nb\r\nc\rd\n\ne"]),
            ["a", "b", "c", "d", "", "e"]
        );
    }

    #[test]
    fn a_line_end_cut_in_two_is_one_line_end() {
        assert_eq!(lines(&[b"abc\r", b"\nd"]), ["abc", "d"]);
    }

    #[test]
    fn unicode_separators_are_text() {
        assert_eq!(
            lines(&["a\u{2028}b\u{85}c\n".as_bytes()]),
            ["a\u{2028}b\u{85}c"]
        );
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        assert_eq!(lines(&[b"a\xffb\n"]), ["a\u{fffd}b"]);
    }
}
