//! The content of files as the tools see it, and as it is written back.

use crate::profile::{Encodings, Profile};

/// A file's text, with plain line ends, and how it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) text: String,
    /// Whether its lines end in `\r\n`.
    pub(super) returns: bool,
    /// Whether it begins with a mark of its byte order.
    mark: bool,
    /// Whether it is UTF-16.
    wide: bool,
}

impl Content {
    /// Reads what stands in a file.
    pub(super) fn of(profile: &Profile, bytes: &[u8]) -> Content {
        let encodings = profile.toolbox.encodings;
        let marked = bytes.strip_prefix(b"\xef\xbb\xbf");
        if let Some(wide) = bytes.strip_prefix(b"\xff\xfe")
            && encodings == Encodings::Wide
        {
            let units = wide.chunks(2).map(|pair| match pair {
                [low, high] => u16::from_le_bytes([*low, *high]),
                rest => u16::from(rest[0]),
            });
            let units: Vec<u16> = units.collect();
            return Content {
                wide: true,
                ..Content::plain(&String::from_utf16_lossy(&units))
            };
        }
        match marked {
            Some(rest) if encodings != Encodings::Utf8 => Content {
                mark: true,
                ..Content::plain(&String::from_utf8_lossy(rest))
            },
            _ => Content::plain(&String::from_utf8_lossy(bytes)),
        }
    }

    fn plain(text: &str) -> Content {
        let returns = text.matches("\r\n").count();
        Content {
            text: text.replace("\r\n", "\n"),
            // Which ends most lines have.
            returns: returns * 2 > text.matches('\n').count(),
            ..Content::default()
        }
    }

    /// The bytes of another text, written in the same way.
    pub(super) fn bytes(&self, text: &str) -> Vec<u8> {
        let text = match self.returns {
            true => text.replace("\r\n", "\n").replace('\n', "\r\n"),
            false => text.to_owned(),
        };
        match (self.wide, self.mark) {
            (true, _) => {
                let units = text.encode_utf16().flat_map(u16::to_le_bytes);
                b"\xff\xfe".iter().copied().chain(units).collect()
            }
            (false, true) => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            (false, false) => text.into_bytes(),
        }
    }
}

/// Whether a file's first bytes show that it is no text.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    let wide = bytes.starts_with(b"\xff\xfe");
    !wide && bytes[..bytes.len().min(8192)].contains(&0)
}
