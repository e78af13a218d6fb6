//! `JSON.parse` as the SDK's users meet it: which lines pass, and what V8 says of one that does not.
//!
//! The texts are those of Node 20, which the SDK was measured on. Unlike serde_json this takes lone surrogate
//! escapes and any depth, as V8 does, so that a line is refused here only if the SDK would refuse it.

/// What kind of value a line holds, as far as the SDK looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parsed<'a> {
    /// The literal `null`.
    Null,
    /// An object with this `type` (a string without escapes).
    Typed(&'a str),
    /// Any other value.
    Other,
}

/// Checks one line; the error is V8's message.
pub(super) fn parse(text: &str) -> Result<Parsed<'_>, String> {
    let mut scan = Scan {
        text,
        bytes: text.as_bytes(),
        at: 0,
    };
    scan.document()
        .map_err(|fault| fault.message(text, scan.at))
}

/// What is wrong at the place where the scan stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// A token that cannot stand there: V8 words this by the token.
    Token,
    Number,
    /// A text with the position after it.
    At(&'static str),
}

const NAME_OR_BRACE: Fault = Fault::At("Expected property name or '}' in JSON");
const QUOTED_NAME: Fault = Fault::At("Expected double-quoted property name in JSON");
const COLON: Fault = Fault::At("Expected ':' after property name in JSON");
const COMMA_OR_BRACE: Fault = Fault::At("Expected ',' or '}' after property value in JSON");
const COMMA_OR_BRACKET: Fault = Fault::At("Expected ',' or ']' after array element in JSON");
const UNTERMINATED: Fault = Fault::At("Unterminated string in JSON");
const CONTROL: Fault = Fault::At("Bad control character in string literal in JSON");
const ESCAPE: Fault = Fault::At("Bad escaped character in JSON");
const UNICODE: Fault = Fault::At("Bad Unicode escape in JSON");
const MINUS: Fault = Fault::At("No number after minus sign in JSON");
const FRACTION: Fault = Fault::At("Unterminated fractional number in JSON");
const EXPONENT: Fault = Fault::At("Exponent part is missing a number in JSON");
const TRAILING: Fault = Fault::At("Unexpected non-whitespace character after JSON");

impl Fault {
    fn message(self, text: &str, at: usize) -> String {
        let position = text[..at].encode_utf16().count();
        match self {
            Self::At(what) => format!("{what} at position {position}"),
            Self::Number => format!("Unexpected number in JSON at position {position}"),
            Self::Token => match text.as_bytes().get(at) {
                None => "Unexpected end of JSON input".to_owned(),
                Some(b'"') => format!("Unexpected string in JSON at position {position}"),
                Some(b'0'..=b'9' | b'-') => {
                    format!("Unexpected number in JSON at position {position}")
                }
                Some(_) => unexpected_token(text, position),
            },
        }
    }
}

/// V8 quotes up to ten UTF-16 units each side of the culprit, and the whole text where that is short.
fn unexpected_token(text: &str, position: usize) -> String {
    const CONTEXT: usize = 10;
    if matches!(text, "NaN" | "Infinity" | "undefined" | "[object Object]") {
        return format!("\"{text}\" is not valid JSON");
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    let quote = |from: usize, to: usize| String::from_utf16_lossy(&units[from..to]);
    let token = quote(position, position + 1);
    let (before, context, after) = if units.len() <= 2 * CONTEXT {
        ("", quote(0, units.len()), "")
    } else if position < CONTEXT {
        ("", quote(0, position + CONTEXT), "...")
    } else if position < units.len() - CONTEXT {
        ("...", quote(position - CONTEXT, position + CONTEXT), "...")
    } else {
        ("...", quote(position - CONTEXT, units.len()), "")
    };
    format!("Unexpected token '{token}', {before}\"{context}\"{after} is not valid JSON")
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Object,
    Array,
}

impl<'a> Scan<'a> {
    fn document(&mut self) -> Result<Parsed<'a>, Fault> {
        let mut open: Vec<Open> = Vec::new();
        let mut kind = None;
        self.space();
        let mut parsed = if self.rest().starts_with(b"null") {
            Parsed::Null
        } else {
            Parsed::Other
        };
        loop {
            // A value is due here.
            let start = self.at;
            match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    self.space();
                    if self.peek() == Some(b'}') {
                        self.at += 1;
                    } else {
                        let name = self.name(NAME_OR_BRACE, COLON)?;
                        open.push(Open::Object);
                        if open.len() == 1 {
                            kind = Some(name);
                        }
                        continue;
                    }
                }
                Some(b'[') => {
                    self.at += 1;
                    self.space();
                    if self.peek() == Some(b']') {
                        self.at += 1;
                    } else {
                        open.push(Open::Array);
                        continue;
                    }
                }
                Some(b'"') => {
                    let value = self.string()?;
                    if open.len() == 1 && kind == Some("type") {
                        parsed = Parsed::Typed(value);
                    }
                }
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal(b"true")?,
                Some(b'f') => self.literal(b"false")?,
                Some(b'n') => self.literal(b"null")?,
                _ => return Err(Fault::Token),
            }
            if open.len() == 1 && kind == Some("type") && self.bytes[start] != b'"' {
                parsed = Parsed::Other;
            }
            // A value has ended; close what ends with it.
            loop {
                self.space();
                let Some(&inner) = open.last() else {
                    return if self.at == self.bytes.len() {
                        Ok(parsed)
                    } else {
                        Err(TRAILING)
                    };
                };
                match (inner, self.peek()) {
                    (Open::Object, Some(b',')) => {
                        self.at += 1;
                        self.space();
                        let name = self.name(QUOTED_NAME, Fault::Token)?;
                        if open.len() == 1 {
                            kind = Some(name);
                        }
                        break;
                    }
                    (Open::Array, Some(b',')) => {
                        self.at += 1;
                        self.space();
                        break;
                    }
                    (Open::Object, Some(b'}')) | (Open::Array, Some(b']')) => {
                        self.at += 1;
                        open.pop();
                        if open.len() == 1 && kind == Some("type") {
                            parsed = Parsed::Other;
                        }
                    }
                    (Open::Object, _) => return Err(COMMA_OR_BRACE),
                    (Open::Array, _) => return Err(COMMA_OR_BRACKET),
                }
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A property's name, its colon, and the space up to the value. V8 words a missing colon in its own way
    /// for the first property only.
    fn name(&mut self, no_name: Fault, no_colon: Fault) -> Result<&'a str, Fault> {
        if self.peek() != Some(b'"') {
            return Err(no_name);
        }
        let name = self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return Err(no_colon);
        }
        self.at += 1;
        self.space();
        Ok(name)
    }

    /// A string's raw text between its quotes.
    fn string(&mut self) -> Result<&'a str, Fault> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                None => return Err(UNTERMINATED),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(&self.text[start..self.at - 1]);
                }
                Some(b'\\') => self.escape()?,
                Some(0..0x20) => return Err(CONTROL),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.peek() {
            None => return Err(Fault::Token),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {}
            Some(b'u') => {
                for _ in 0..4 {
                    self.at += 1;
                    match self.peek() {
                        Some(digit) if digit.is_ascii_hexdigit() => {}
                        _ => return Err(UNICODE),
                    }
                }
            }
            Some(_) => return Err(ESCAPE),
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Fault> {
        for &expected in word {
            if self.peek() != Some(expected) {
                return Err(Fault::Token);
            }
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
            if !self.digit() {
                return Err(MINUS);
            }
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if self.digit() {
                return Err(Fault::Number);
            }
        } else {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !self.digit() {
                return Err(FRACTION);
            }
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !self.digit() {
                return Err(EXPONENT);
            }
            self.digits();
        }
        Ok(())
    }

    fn digit(&self) -> bool {
        self.peek().is_some_and(|byte| byte.is_ascii_digit())
    }

    fn digits(&mut self) {
        while self.digit() {
            self.at += 1;
        }
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
