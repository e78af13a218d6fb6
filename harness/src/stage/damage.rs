//! What crashes, full disks and editors do to transcripts (FAILURES H05).

use mock_claude::transcript::PastSession;
use std::io;
use std::path::Path;

/// One kind of damage. It is done to the newest session, which the user opens first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The last line ends in its middle, without a line feed: the writer was killed.
    TruncatedLastLine,
    /// A line in the middle is cut to its first half: an older crash, and the CLI went on after it.
    BrokenMiddleLine,
    /// A run of 4096 NUL bytes between two lines: a file system after a power loss.
    NulRun,
    /// The halves of two lines stand in each other: two writers at the same time.
    InterleavedLines,
    /// Bytes that are no UTF-8 on a line of their own.
    InvalidUtf8,
    /// A byte-order mark before the first line: an editor.
    Bom,
    /// Every line ends with CR LF: an editor.
    CrLf,
    /// Another session's file is there and has no byte: the writer died before it wrote.
    EmptyFile,
}

impl Damage {
    /// Every kind, with its name in scenario files.
    pub const ALL: [(&'static str, Self); 8] = [
        ("truncated-last-line", Self::TruncatedLastLine),
        ("broken-middle-line", Self::BrokenMiddleLine),
        ("nul-run", Self::NulRun),
        ("interleaved-lines", Self::InterleavedLines),
        ("invalid-utf8", Self::InvalidUtf8),
        ("bom", Self::Bom),
        ("crlf", Self::CrLf),
        ("empty-file", Self::EmptyFile),
    ];

    /// Does it to the file of `session`.
    pub(super) fn inflict(self, session: &PastSession, file: &Path) -> io::Result<()> {
        if self == Self::EmptyFile {
            let name = format!("0{}", &session.id()[1..]);
            std::fs::write(file.with_file_name(name).with_extension("jsonl"), "")?;
            return Ok(());
        }
        let modified = std::fs::metadata(file)?.modified()?;
        std::fs::write(file, self.damaged(&std::fs::read(file)?))?;
        // Tools sort by this time; the damage is as old as the session.
        std::fs::File::options()
            .append(true)
            .open(file)?
            .set_modified(modified)
    }

    fn damaged(self, text: &[u8]) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = text
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        let middle = lines.len() / 2;
        let half = |line: &[u8]| line[..line.len() / 2].to_vec();
        match self {
            Self::TruncatedLastLine => {
                if let Some(last) = lines.last_mut() {
                    *last = half(last);
                }
            }
            Self::BrokenMiddleLine => {
                lines[middle] = half(&lines[middle]);
                lines[middle].push(b'\n');
            }
            Self::NulRun => lines.insert(middle, vec![0; 4096]),
            Self::InterleavedLines if middle > 0 => {
                let (first, second) = (&lines[middle - 1], &lines[middle]);
                let cut = first.len() / 2;
                let mixed = [&half(first), &second[..], &first[cut..]].concat();
                lines.splice(middle - 1..=middle, [mixed]);
            }
            Self::InvalidUtf8 => lines.insert(middle, b"\xff\xfe\xc3\x28\n".to_vec()),
            Self::Bom => lines.insert(0, "\u{feff}".into()),
            Self::CrLf => {
                for line in &mut lines {
                    if line.pop().is_some() {
                        line.extend(b"\r\n");
                    }
                }
            }
            Self::InterleavedLines | Self::EmptyFile => {}
        }
        lines.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n";

    fn readable(text: &[u8]) -> usize {
        text.split(|byte| *byte == b'\n')
            .filter(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok())
            .count()
    }

    #[test]
    fn each_damage_leaves_the_other_lines_readable() {
        for (damage, left) in [
            (Damage::TruncatedLastLine, 2),
            (Damage::BrokenMiddleLine, 2),
            // The run of NULs stands at the head of a line and spoils it.
            (Damage::NulRun, 2),
            (Damage::InterleavedLines, 1),
            (Damage::InvalidUtf8, 3),
            (Damage::Bom, 2),
            (Damage::CrLf, 3),
        ] {
            let damaged = damage.damaged(TEXT);
            assert_ne!(damaged, TEXT, "{damage:?}");
            assert_eq!(readable(&damaged), left, "{damage:?}");
        }
    }
}
