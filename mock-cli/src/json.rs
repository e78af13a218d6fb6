//! JSON as the CLI writes it: JavaScript's number forms, and the escapes that a version adds.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};
use std::io;

/// Which characters a version escapes beyond what JSON demands (PROTOCOL 3.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Escapes {
    /// Nothing more: U+2028 goes out raw.
    None,
    /// U+2028 and U+2029.
    Separators,
    /// U+2028, U+2029 and DEL.
    SeparatorsAndDelete,
}

/// One line, without its line end.
pub(crate) fn line(value: &Value, escapes: Escapes) -> String {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Script { escapes });
    // A `Value` has string keys only and a Vec never fails, so this cannot fail.
    if value.serialize(&mut serializer).is_err() {
        out.clear();
    }
    String::from_utf8(out).unwrap_or_default()
}

/// Appends a value to a line without escapes beyond what JSON demands.
pub(crate) fn append(value: &Value, out: &mut String) {
    let demands = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    match value {
        Value::String(text) if !text.bytes().any(demands) => {
            out.push('"');
            out.push_str(text);
            out.push('"');
        }
        other => out.push_str(&line(other, Escapes::None)),
    }
}

/// The two-space indentation of `JSON.stringify(value, null, 2)`, with empty containers closed at once.
pub(crate) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// On one line with a space after each comma and colon, as a model writes the input of a tool.
pub(crate) fn spaced(value: &Value) -> String {
    let list =
        |items: Vec<String>, open: &str, close: &str| format!("{open}{}{close}", items.join(", "));
    match value {
        Value::Array(items) => list(items.iter().map(spaced).collect(), "[", "]"),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                format!("{}: {}", Value::from(key.as_str()), spaced(value))
            };
            list(map.iter().map(entry).collect(), "{", "}")
        }
        other => line(other, Escapes::None),
    }
}

/// Writes like `JSON.stringify`.
struct Script {
    escapes: Escapes,
}

impl Formatter for Script {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(number(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if self.escapes == Escapes::None {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        // What is escaped begins with one of these, and hardly any text has them.
        let may_be_escaped = |byte: u8| byte == 0xe2 || byte == 0x7f;
        if !rest.bytes().any(may_be_escaped) {
            return writer.write_all(rest.as_bytes());
        }
        while let Some(at) = rest.find(|c| escaped(c, self.escapes).is_some()) {
            let (plain, tail) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(text) = chars.next().and_then(|c| escaped(c, self.escapes)) {
                writer.write_all(text.as_bytes())?;
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        CompactFormatter.write_char_escape(writer, escape)
    }
}

fn escaped(c: char, escapes: Escapes) -> Option<&'static str> {
    match c {
        '\u{2028}' => Some("\\u2028"),
        '\u{2029}' => Some("\\u2029"),
        '\u{7f}' if escapes == Escapes::SeparatorsAndDelete => Some("\\u007f"),
        _ => None,
    }
}

/// A number as JavaScript prints it: no fraction where there is none, an exponent only below 1e-6 and from 1e21.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".into();
    }
    if (1e-6..1e21).contains(&size) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    // Rust writes 1e21, JavaScript 1e+21.
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_look_as_in_javascript() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.00084, "0.00084"),
            (2.6000000000000002e-5, "0.000026000000000000002"),
            (1e-7, "1e-7"),
            (1e21, "1e+21"),
            (123456789012345680000.0, "123456789012345680000"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn each_version_has_its_own_escapes() {
        let value = json!({"t": "é漢🙂\u{2028}\u{2029}\u{7f}\u{1}\"<"});
        assert_eq!(
            line(&value, Escapes::None),
            "{\"t\":\"é漢🙂\u{2028}\u{2029}\u{7f}\\u0001\\\"<\"}"
        );
        assert_eq!(
            line(&value, Escapes::SeparatorsAndDelete),
            "{\"t\":\"é漢🙂\\u2028\\u2029\\u007f\\u0001\\\"<\"}"
        );
    }
}
