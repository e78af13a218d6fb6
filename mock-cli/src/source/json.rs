//! JSON, read with the place of each value. (`serde_json` says where a text breaks off, but not where a value stands.)

use super::tree::{DEEPEST, Data, Fault, Tree, insert};
use serde_json::Number;

/// Reads a whole text.
pub(super) fn parse(text: &str) -> Result<Tree, Fault> {
    let mut reader = Reader { text, at: 0 };
    let tree = reader.value(0)?;
    match reader.peek() {
        None => Ok(tree),
        Some(_) => Err(reader.wrong("nothing more, as the value has ended")),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    /// The next byte that is no blank, which is not taken.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        self.at += rest.iter().take_while(blank).count();
        self.text.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Complains of what stands here.
    fn wrong(&self, expected: &str) -> Fault {
        let found = match self.text[self.at..].chars().next() {
            None => "the end of the file".to_owned(),
            Some(character) => format!("`{}`", character.escape_debug()),
        };
        Fault::new(format!("expected {expected}, found {found}"), self.at)
    }

    fn value(&mut self, depth: usize) -> Result<Tree, Fault> {
        let first = self.peek();
        let start = self.at;
        if depth > DEEPEST {
            return Err(Fault::new("the values stand too deep in each other", start));
        }
        let data = match first {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Data::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(byte) if byte.is_ascii_alphabetic() => self.word()?,
            _ => return Err(self.wrong("a value")),
        };
        let end = self.at;
        Ok(Tree { data, start, end })
    }

    fn map(&mut self, depth: usize) -> Result<Data, Fault> {
        self.at += 1;
        let mut map = Vec::new();
        if self.takes(b'}') {
            return Ok(Data::Map(map));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in double quotes"));
            }
            let start = self.at;
            let key = Tree {
                data: Data::Text(self.string()?),
                start,
                end: self.at,
            };
            if !self.takes(b':') {
                return Err(self.wrong("`:` and a value"));
            }
            let value = self.value(depth + 1)?;
            insert(&mut map, key, value)?;
            if self.takes(b'}') {
                return Ok(Data::Map(map));
            }
            if !self.takes(b',') {
                return Err(self.wrong("`,` or `}`"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Data, Fault> {
        self.at += 1;
        let mut list = Vec::new();
        if self.takes(b']') {
            return Ok(Data::List(list));
        }
        loop {
            list.push(self.value(depth + 1)?);
            if self.takes(b']') {
                return Ok(Data::List(list));
            }
            if !self.takes(b',') {
                return Err(self.wrong("`,` or `]`"));
            }
        }
    }

    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        let mut escaped = false;
        let ends = |byte: &u8| {
            let quote = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            quote
        };
        let Some(length) = self.text.as_bytes()[start + 1..].iter().position(ends) else {
            return Err(Fault::new("this text has no closing quote", start));
        };
        self.at = start + length + 2;
        let inner = &self.text[start + 1..self.at - 1];
        // Most have nothing to be decoded.
        if !inner.bytes().any(|byte| byte == b'\\' || byte < b' ') {
            return Ok(inner.to_owned());
        }
        serde_json::from_str(&self.text[start..self.at]).map_err(|error| {
            let line = self.text[start..].split('\n').next().unwrap_or_default();
            let within = error.column().saturating_sub(1).min(line.len());
            Fault::new(
                "a text in JSON has no line ends or tabs, and only the escapes of JSON: write `\\n`, `\\t`, `\\\\`",
                start + within,
            )
        })
    }

    fn number(&mut self) -> Result<Data, Fault> {
        let start = self.at;
        let part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let length = self.text.as_bytes()[start..]
            .iter()
            .take_while(part)
            .count();
        self.at += length;
        match serde_json::from_str::<Number>(&self.text[start..self.at]) {
            Ok(number) => Ok(Data::Number(number)),
            Err(_) => Err(Fault {
                message: "this is not a number; a text stands in double quotes".to_owned(),
                start,
                end: self.at,
            }),
        }
    }

    fn word(&mut self) -> Result<Data, Fault> {
        let start = self.at;
        let letter = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let length = self.text.as_bytes()[start..]
            .iter()
            .take_while(letter)
            .count();
        self.at += length;
        match &self.text[start..self.at] {
            "null" => Ok(Data::Null),
            "true" => Ok(Data::Boolean(true)),
            "false" => Ok(Data::Boolean(false)),
            word => Err(Fault {
                message: format!(
                    "expected a value, found `{word}`; a text stands in double quotes"
                ),
                start,
                end: self.at,
            }),
        }
    }
}
