//! JSON as the CLI writes it: JavaScript's number forms, and the escapes that a version adds.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    let mut out = String::new();
    write(value, escapes, &mut out);
    out
}

/// Appends a value to a line without escapes beyond what JSON demands.
pub(crate) fn append(value: &Value, out: &mut String) {
    write(value, Escapes::None, out);
}

/// The two-space indentation of `JSON.stringify(value, null, 2)`, with empty containers closed at once.
pub(crate) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// On one line with a space after each comma and colon and nothing but ASCII, as a model writes the input of a tool.
pub(crate) fn spaced(value: &Value) -> String {
    let list =
        |items: Vec<String>, open: &str, close: &str| format!("{open}{}{close}", items.join(", "));
    match value {
        Value::Array(items) => list(items.iter().map(spaced).collect(), "[", "]"),
        Value::Object(map) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{}: {}", ascii(key), spaced(value));
            list(map.iter().map(entry).collect(), "{", "}")
        }
        Value::String(text) => ascii(text),
        other => line(other, Escapes::None),
    }
}

/// A text in quotes; what is not ASCII is escaped in units of UTF-16.
fn ascii(text: &str) -> String {
    let mut quoted = String::new();
    quote(text, Escapes::None, &mut quoted);
    if quoted.is_ascii() {
        return quoted;
    }
    let mut out = String::new();
    for c in quoted.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

/// Writes like `JSON.stringify`. (A serializer takes three times as many instructions, in what a turn does most.)
pub(crate) fn write(value: &Value, escapes: Escapes, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Value::Number(own) => match own.as_f64().filter(|_| own.is_f64()) {
            Some(float) => out.push_str(&number(float)),
            None => out.push_str(&own.to_string()),
        },
        Value::String(text) => quote(text, escapes, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, escapes, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (at, (key, value)) in map.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                quote(key, escapes, out);
                out.push(':');
                write(value, escapes, out);
            }
            out.push('}');
        }
    }
}

/// The bytes that begin what is escaped.
static SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        special[byte] = byte < 0x20 || matches!(byte, 0x22 | 0x5c | 0x7f | 0xe2);
        byte += 1;
    }
    special
};

/// Appends a text in quotes.
pub(crate) fn quote(text: &str, escapes: Escapes, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // (A look into a table for each byte: most of what a call writes comes along here.)
    while let Some(at) = rest.bytes().position(|byte| SPECIAL[usize::from(byte)]) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = tail.chars();
        if let Some(c) = chars.next() {
            match escaped(c, escapes) {
                Some(escape) => out.push_str(escape),
                None if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                None => out.push(c),
            }
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn escaped(c: char, escapes: Escapes) -> Option<&'static str> {
    match c {
        '"' => Some("\\\""),
        '\\' => Some("\\\\"),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some("\\t"),
        '\u{8}' => Some("\\b"),
        '\u{c}' => Some("\\f"),
        '\u{2028}' if escapes != Escapes::None => Some("\\u2028"),
        '\u{2029}' if escapes != Escapes::None => Some("\\u2029"),
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
    fn all_that_json_demands_is_escaped() {
        let text: String = (0..0x3000).filter_map(char::from_u32).collect();
        let value = json!({ &text: [text, [], {}, null, true, false, -1, u64::MAX, 0.5] });
        assert_eq!(line(&value, Escapes::None), value.to_string());
    }

    #[test]
    fn the_input_of_a_tool_is_ascii() {
        let value = json!({"é": ["🙂\n", 1]});
        assert_eq!(spaced(&value), r#"{"\u00e9": ["\ud83d\ude42\n", 1]}"#);
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
