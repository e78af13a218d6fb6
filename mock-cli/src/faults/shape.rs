//! How lines reach stdout: the same bytes, in other pieces; or with other line ends.

use super::{Shaping, Split};
use std::time::Duration;

/// How long a cut waits for the reader to take what is there: a pipe tells nobody when it has been read.
const CUT: Duration = Duration::from_millis(2);

/// The shaping of one process's stdout.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    shaping: Shaping,
    /// A byte's share of time, where it dribbles.
    drop: Duration,
    begun: bool,
    /// A line end that waits for the next line.
    owed: bool,
}

impl Shape {
    /// `drop` is how long a byte takes where it dribbles.
    pub(crate) fn new(shaping: Shaping, drop: Duration) -> Self {
        Shape {
            shaping,
            drop,
            begun: false,
            owed: false,
        }
    }

    /// The bytes that a line becomes; `last` says that nothing may come after it.
    pub(crate) fn line(&mut self, line: &str, last: bool) -> Vec<u8> {
        let mut bytes = self.text(line);
        self.owed = last && self.shaping.no_final_newline;
        if !self.owed {
            bytes.extend(self.line_end());
        }
        bytes
    }

    /// The bytes that a text without a line end becomes.
    pub(crate) fn text(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() + 4);
        if !self.begun && self.shaping.bom {
            bytes.extend("\u{feff}".as_bytes());
        }
        self.begun = true;
        if std::mem::take(&mut self.owed) {
            bytes.extend(self.line_end());
        }
        bytes.extend(text.as_bytes());
        bytes
    }

    fn line_end(&self) -> &'static [u8] {
        if self.shaping.crlf { b"\r\n" } else { b"\n" }
    }

    /// Bytes as they are, behind the line end that is owed.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Vec<u8> {
        let owed = std::mem::take(&mut self.owed);
        [if owed { self.line_end() } else { b"" }, bytes].concat()
    }

    /// The pieces in which bytes are written, and how long each is followed by nothing.
    pub(crate) fn pieces(&self, bytes: &[u8]) -> (Vec<usize>, Duration) {
        if self.shaping.dribble.is_some() {
            return (cuts(bytes, Split::EveryByte), self.drop);
        }
        match self.shaping.split {
            Some(split) => (cuts(bytes, split), CUT),
            None => (vec![bytes.len()], Duration::ZERO),
        }
    }
}

/// The ends of the pieces; the last is the end of all.
fn cuts(bytes: &[u8], split: Split) -> Vec<usize> {
    let mut ends: Vec<usize> = match split {
        Split::EveryByte => (1..bytes.len()).collect(),
        // Before the second byte of a sequence: its first one is no continuation.
        Split::Utf8 => (1..bytes.len())
            .filter(|at| is_continuation(bytes[*at]) && !is_continuation(bytes[at - 1]))
            .collect(),
        Split::At(at) => (at < bytes.len() && at > 0)
            .then_some(at)
            .into_iter()
            .collect(),
    };
    ends.push(bytes.len());
    ends
}

/// A place within the text of a line, or else within its first value.
pub(crate) fn within_text(line: &str) -> usize {
    let after = |mark: &str| line.find(mark).map(|at| at + mark.len());
    after("\"text\":\"")
        .or_else(|| after("\"result\":\""))
        .or_else(|| after("\":\""))
        .unwrap_or(0)
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(bytes: &[u8], split: Split) -> Vec<u8> {
        let mut from = 0;
        let mut all = Vec::new();
        for end in cuts(bytes, split) {
            all.extend(&bytes[from..end]);
            from = end;
        }
        all
    }

    proptest! {
        #[test]
        fn no_cut_changes_the_bytes(text in ".{0,80}", at in 0_usize..100) {
            for split in [Split::EveryByte, Split::Utf8, Split::At(at)] {
                prop_assert_eq!(joined(text.as_bytes(), split), text.as_bytes());
            }
        }
    }

    #[test]
    fn characters_are_cut_inside() {
        assert_eq!(cuts("aé€".as_bytes(), Split::Utf8), [2, 4, 6]);
    }

    #[test]
    fn the_line_end_of_a_result_is_owed_and_no_other() {
        let mut shape = Shape::new(
            Shaping {
                no_final_newline: true,
                bom: true,
                crlf: true,
                ..Shaping::default()
            },
            Duration::ZERO,
        );
        assert_eq!(shape.line("a", false), "\u{feff}a\r\n".as_bytes());
        assert_eq!(shape.line("b", true), b"b");
        assert_eq!(shape.line("c", true), b"\r\nc");
    }
}
