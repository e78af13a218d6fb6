//! What JavaScript engines say of a text that is no JSON.

/// What is wrong with a text, and where: an index in UTF-16 code units, or None where only the end is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    kind: Kind,
    at: usize,
}

/// What is wrong, in the words of V8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The end is missing.
    End,
    /// A character that cannot stand there.
    Token,
    /// A text that names the place.
    Said(&'static str),
}

/// What Node 20 says about a text that is no JSON, with the index of the character that is wrong.
pub(crate) fn reason(text: &str) -> (String, Option<usize>) {
    let units: Vec<u16> = text.encode_utf16().collect();
    let Some(fault) = Scanner::fault(&units) else {
        return ("Unexpected end of JSON input".into(), None);
    };
    let at = fault.at;
    let reason = match fault.kind {
        Kind::End => return ("Unexpected end of JSON input".into(), None),
        Kind::Said(what) => format!("{what} in JSON at position {at}"),
        Kind::Token => unexpected(&units, at),
    };
    // (This one names the place in other words.)
    let reason = reason.replace(
        "non-whitespace character after JSON in JSON",
        "non-whitespace character after JSON",
    );
    (reason, Some(at))
}

/// V8 quotes ten characters on either side.
fn unexpected(units: &[u16], at: usize) -> String {
    const AROUND: usize = 10;
    let (start, end) = match units.len() > 2 * AROUND {
        true => (at.saturating_sub(AROUND), (at + AROUND).min(units.len())),
        false => (0, units.len()),
    };
    let shown = |part: &[u16]| String::from_utf16_lossy(part);
    let (head, tail) = (
        if start > 0 { "..." } else { "" },
        if end < units.len() { "..." } else { "" },
    );
    let found = shown(units.get(at..=at).unwrap_or_default());
    let quoted = shown(&units[start..end]);
    format!("Unexpected token '{found}', {head}\"{quoted}\"{tail} is not valid JSON")
}

/// The line of an index, from 1, with its text and the column in it.
pub(crate) fn line_of(text: &str, at: usize) -> (usize, &str, usize) {
    let mut left = at;
    let mut last = (1, "", 0);
    for (index, line) in text.split('\n').enumerate() {
        let units = line.encode_utf16().count();
        last = (index + 1, line, left.min(units));
        if left <= units {
            break;
        }
        left -= units + 1;
    }
    last
}

/// Reads JSON as V8 does, to find what it complains of first.
struct Scanner<'a> {
    units: &'a [u16],
    at: usize,
}

impl Scanner<'_> {
    fn fault(units: &[u16]) -> Option<Fault> {
        let mut scanner = Scanner { units, at: 0 };
        let whole = scanner.value().and_then(|()| match scanner.next_token() {
            None => Ok(()),
            Some(_) => Err(scanner.said("Unexpected non-whitespace character after JSON")),
        });
        whole.err()
    }

    fn peek(&self) -> Option<char> {
        let unit = *self.units.get(self.at)?;
        Some(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The next character that is no white space.
    fn next_token(&mut self) -> Option<char> {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
        self.peek()
    }

    fn said(&self, what: &'static str) -> Fault {
        Fault {
            kind: Kind::Said(what),
            at: self.at,
        }
    }

    fn unexpected(&self) -> Fault {
        let kind = match self.peek() {
            None => Kind::End,
            Some('0'..='9' | '-') => Kind::Said("Unexpected number"),
            Some('"') => Kind::Said("Unexpected string"),
            Some(_) => Kind::Token,
        };
        Fault { kind, at: self.at }
    }

    fn value(&mut self) -> Result<(), Fault> {
        match self.next_token() {
            Some('"') => self.string(),
            Some('{') => self.object(),
            Some('[') => self.array(),
            Some('-' | '0'..='9') => self.number(),
            Some('t') => self.word("true"),
            Some('f') => self.word("false"),
            Some('n') => self.word("null"),
            _ => Err(self.unexpected()),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        for expected in word.chars() {
            if self.peek() != Some(expected) {
                return Err(self.unexpected());
            }
            self.at += 1;
        }
        Ok(())
    }

    fn object(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.next_token() {
            Some('}') => {
                self.at += 1;
                return Ok(());
            }
            Some('"') => {}
            _ => return Err(self.said("Expected property name or '}'")),
        }
        loop {
            self.string()?;
            if self.next_token() != Some(':') {
                return Err(self.said("Expected ':' after property name"));
            }
            self.at += 1;
            self.value()?;
            match self.next_token() {
                Some(',') => self.at += 1,
                Some('}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.said("Expected ',' or '}' after property value")),
            }
            if self.next_token() != Some('"') {
                return Err(self.said("Expected double-quoted property name"));
            }
        }
    }

    fn array(&mut self) -> Result<(), Fault> {
        self.at += 1;
        if self.next_token() == Some(']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value()?;
            match self.next_token() {
                Some(',') => self.at += 1,
                Some(']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.said("Expected ',' or ']' after array element")),
            }
        }
    }

    fn digits(&mut self, what: &'static str) -> Result<(), Fault> {
        if !matches!(self.peek(), Some('0'..='9')) {
            return Err(self.said(what));
        }
        while matches!(self.peek(), Some('0'..='9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some('-') {
            self.at += 1;
        }
        if self.peek() == Some('0') {
            self.at += 1;
            if matches!(self.peek(), Some('0'..='9')) {
                return Err(self.unexpected());
            }
        } else {
            self.digits("No number after minus sign")?;
        }
        if self.peek() == Some('.') {
            self.at += 1;
            self.digits("Unterminated fractional number")?;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            self.digits("Exponent part is missing a number")?;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.said("Unterminated string")),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some('\0'..='\u{1f}') => {
                    return Err(self.said("Bad control character in string literal"));
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.peek() {
            None => Err(self.said("Unterminated string")),
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => {
                self.at += 1;
                Ok(())
            }
            Some('u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
                        return Err(self.said("Bad Unicode escape"));
                    }
                    self.at += 1;
                }
                Ok(())
            }
            Some(_) => Err(self.said("Bad escaped character")),
        }
    }
}

/// What JavaScriptCore says about a text that is no JSON.
pub(crate) fn jsc_reason(text: &str) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let fault = Scanner::fault(&units).filter(|fault| fault.kind != Kind::End);
    let Some(at) = fault.map(|fault| fault.at).filter(|at| *at < units.len()) else {
        return "Unexpected EOF".into();
    };
    let (before, after) = (
        String::from_utf16_lossy(&units[..at]),
        String::from_utf16_lossy(&units[at..]),
    );
    let word: String = after
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    match (before.trim_end().chars().next_back(), after.chars().next()) {
        (Some('{'), _) => "Expected '}'".into(),
        _ if !word.is_empty() => format!("Unexpected identifier \"{word}\""),
        (_, Some(found)) => format!("Unrecognized token '{found}'"),
        (_, None) => "Unexpected EOF".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As Node v20.20.2 says it.
    #[test]
    fn each_fault_is_told_in_the_words_of_v8() {
        let at = |what: &str, position: usize| format!("{what} in JSON at position {position}");
        let token = |token: &str, quoted: &str| {
            format!("Unexpected token '{token}', \"{quoted}\" is not valid JSON")
        };
        let property = "Expected ',' or '}' after property value";
        let element = "Expected ',' or ']' after array element";
        let quoted = "Expected double-quoted property name";
        let long = "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": xbbbbbbbbbbbbbbbbbbbbbbbbbbbbb}";
        for (text, said) in [
            ("{\"a\":1\n\"b\":2}", at(property, 7)),
            ("{\"a\":1", at(property, 6)),
            ("{\"é\":1 2}", at(property, 7)),
            ("[1 2]", at(element, 3)),
            ("[\n{\"a\":1}\n{\"b\":2}\n]", at(element, 10)),
            ("{\"a\" 1}", at("Expected ':' after property name", 5)),
            ("{\"a\":1,}", at(quoted, 7)),
            ("{\n  \"a\": 1,\n  b: 2\n}", at(quoted, 14)),
            ("{", at("Expected property name or '}'", 1)),
            (
                "{\"a\":\"x\ny\"}",
                at("Bad control character in string literal", 7),
            ),
            ("{\"a\":\"\\q\"}", at("Bad escaped character", 7)),
            ("{\"a\":\"\\u12g4\"}", at("Bad Unicode escape", 10)),
            ("\"abc", at("Unterminated string", 4)),
            ("{\"a\":-}", at("No number after minus sign", 6)),
            ("1.", at("Unterminated fractional number", 2)),
            ("1e", at("Exponent part is missing a number", 2)),
            ("{\"a\":01}", at("Unexpected number", 6)),
            (
                "{\"a\":1}}",
                "Unexpected non-whitespace character after JSON at position 7".into(),
            ),
            ("{\"a\":", "Unexpected end of JSON input".into()),
            ("nul", "Unexpected end of JSON input".into()),
            ("[1,]", token("]", "[1,]")),
            ("{\"a\":tru}", token("}", "{\"a\":tru}")),
            (
                long,
                "Unexpected token 'x', ...\"aaaaaaa\": xbbbbbbbbb\"... is not valid JSON".into(),
            ),
        ] {
            assert_eq!(reason(text).0, said, "{text}");
        }
    }

    #[test]
    fn a_place_is_found_in_its_line() {
        let text = "{\n \"a\": x\n}";
        let at = reason(text).1.unwrap();
        assert_eq!(line_of(text, at), (2, " \"a\": x", 6));
    }

    proptest! {
        #[test]
        fn what_is_json_has_no_fault_and_what_is_none_has_one(text in r#"[\{\}\[\]":, 0-9a-f.\\untrls-]{0,24}"#) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            // (serde_json refuses numbers that are too large, and lone surrogates.)
            if is_json {
                prop_assert_eq!(Scanner::fault(&units), None);
            } else if Scanner::fault(&units).is_none() {
                prop_assert!(text.contains("\\u") || text.contains('e'), "{}", text);
            }
        }
    }
}
