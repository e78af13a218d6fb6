//! What a line of stdin means (PROTOCOL 6.1).

use crate::profile::InputLines;
use crate::protocol::api::Message;
use crate::protocol::control::{Request, Response};
use crate::protocol::stream::{ClientMessage, User};
use crate::protocol::wire::{Object, Wire};
use serde_json::Value;

/// A line, understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Incoming {
    /// A prompt.
    User(Box<Prompt>),
    /// A control request with its id, if it has one.
    Control { id: Option<Value>, request: Request },
    /// An answer to a request of ours.
    Response(Response),
    /// An assistant line, which becomes history.
    History,
    /// Something that is passed over.
    Nothing,
    /// The text for stderr; the process ends with 1.
    Fatal(String),
}

/// A prompt that waits for its turn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prompt {
    pub(crate) message: Message,
    pub(crate) uuid: Option<String>,
    pub(crate) should_query: bool,
    /// Whether the client has made it up, so that nothing in it is a command.
    pub(crate) composed: bool,
    /// Whether it came while a tool ran.
    pub(crate) in_tool: bool,
    /// Whether the client says that nobody typed it.
    pub(crate) synthetic: bool,
}

impl Prompt {
    /// A prompt of this message alone.
    pub(crate) fn new(message: Message) -> Prompt {
        Prompt {
            message,
            uuid: None,
            should_query: true,
            composed: false,
            in_tool: false,
            synthetic: false,
        }
    }
}

/// Understands a line as a version does.
pub(crate) fn understand(bytes: &[u8], lines: InputLines) -> Incoming {
    let text = String::from_utf8_lossy(bytes);
    let loud = lines == InputLines::LenientButLoud;
    let strict = lines != InputLines::Lenient && !loud;
    if text.is_empty() && loud || text.trim().is_empty() && !strict && !loud {
        return Incoming::Nothing;
    }
    let value: Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(_) if loud => {
            let reason = crate::v8::jsc_reason(&text);
            return Incoming::Fatal(format!(
                "Error parsing streaming input line: {text}: SyntaxError: JSON Parse error: {reason}\n"
            ));
        }
        Err(_) => return Incoming::Fatal(not_json(&text, strict)),
    };
    let kind = value.get("type").cloned();
    match ClientMessage::read(value).unwrap_or(ClientMessage::Other(Object::new())) {
        ClientMessage::User(user) => match wrong_user(&user, &text, strict, loud) {
            Some(fatal) => Incoming::Fatal(fatal),
            None => Incoming::User(Box::new(Prompt {
                message: user.message.unwrap_or_default(),
                uuid: user.uuid,
                should_query: user.should_query != Some(false),
                composed: user.client_composed == Some(true),
                in_tool: false,
                synthetic: user.synthetic == Some(true),
            })),
        },
        ClientMessage::ControlRequest(asked) => match asked.request {
            Some(request) => Incoming::Control {
                id: asked.request_id,
                request,
            },
            None if asked.rest.contains_key("request") => Incoming::Control {
                id: asked.request_id,
                request: Request::Other(Object::new()),
            },
            None if loud => Incoming::Fatal(format!(
                "Error parsing streaming input line: {text}: TypeError: undefined is not an object (evaluating 'request.subtype')\n"
            )),
            None => Incoming::Fatal("Error: Missing request on control_request\n".into()),
        },
        ClientMessage::ControlResponse(answer) => answer
            .response
            .map_or(Incoming::Nothing, Incoming::Response),
        ClientMessage::Assistant(_) if !strict => Incoming::History,
        ClientMessage::KeepAlive(_) if lines == InputLines::StrictButKeepAlive => Incoming::Nothing,
        _ if !strict => Incoming::Nothing,
        _ => {
            let got = match kind {
                None => "undefined".to_owned(),
                Some(Value::String(kind)) => kind,
                Some(other) => other.to_string(),
            };
            Incoming::Fatal(format!(
                "Error: Expected message type 'user' or 'control', got '{got}'\n"
            ))
        }
    }
}

/// Why a prompt ends the process.
fn wrong_user(user: &User, text: &str, strict: bool, loud: bool) -> Option<String> {
    let there = user.message.is_some() || user.rest.contains_key("message");
    let role = user
        .message
        .as_ref()
        .and_then(|message| message.role.as_deref());
    match role {
        Some("user") => None,
        _ if !there && loud => Some(format!(
            "Error parsing streaming input line: {text}: TypeError: undefined is not an object (evaluating 'message.role')\n"
        )),
        _ if !there && strict => Some(format!(
            "Error parsing streaming input line: {text}: TypeError: Cannot read properties of undefined (reading 'role')\n"
        )),
        role => {
            let got = role.unwrap_or("undefined");
            Some(format!(
                "Error: Expected message role 'user', got '{got}'\n"
            ))
        }
    }
}

fn not_json(text: &str, strict: bool) -> String {
    if strict {
        let (reason, _) = crate::v8::reason(text);
        return format!("Error parsing streaming input line: {text}: SyntaxError: {reason}\n");
    }
    let chars = text.encode_utf16().count();
    format!("Error parsing streaming input line (type=unknown, {chars} chars): SyntaxError\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fatal(line: &str, lines: InputLines) -> String {
        match understand(line.as_bytes(), lines) {
            Incoming::Fatal(text) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_native_version_says_what_its_parser_says_and_passes_over_what_it_does_not_know() {
        let loud = |line: &str| fatal(line, InputLines::LenientButLoud);
        assert_eq!(
            loud("{not json}"),
            "Error parsing streaming input line: {not json}: SyntaxError: JSON Parse error: Expected '}'\n"
        );
        assert_eq!(
            loud("  "),
            "Error parsing streaming input line:   : SyntaxError: JSON Parse error: Unexpected EOF\n"
        );
        assert!(loud(r#"{"type":"user"}"#).contains("TypeError"));
        assert!(loud(r#"{"type":"control_request"}"#).contains("TypeError"));
        for passed in [
            "",
            r#"{"type":"banana"}"#,
            r#"{"x":1}"#,
            r#"{"type":"keep_alive"}"#,
        ] {
            let got = understand(passed.as_bytes(), InputLines::LenientButLoud);
            assert_eq!(got, Incoming::Nothing, "{passed}");
        }
    }

    #[test]
    fn the_strict_version_ends_at_the_first_line_that_makes_no_sense() {
        let strict = |line: &str| fatal(line, InputLines::Strict);
        assert_eq!(
            strict("{not json}"),
            "Error parsing streaming input line: {not json}: SyntaxError: Expected property name or '}' in JSON at position 1\n"
        );
        assert_eq!(
            strict(""),
            "Error parsing streaming input line: : SyntaxError: Unexpected end of JSON input\n"
        );
        assert_eq!(
            strict(r#"{"x":1}"#),
            "Error: Expected message type 'user' or 'control', got 'undefined'\n"
        );
        assert_eq!(
            strict(r#"{"type":"keep_alive"}"#),
            "Error: Expected message type 'user' or 'control', got 'keep_alive'\n"
        );
        let token = strict("plain text that goes on");
        assert!(
            token.ends_with(
                "SyntaxError: Unexpected token 'p', \"plain text\"... is not valid JSON\n"
            ),
            "{token}"
        );
    }

    #[test]
    fn the_lenient_version_passes_over_what_it_does_not_know() {
        for line in [
            "",
            "  ",
            r#"{"type":"banana"}"#,
            r#"{"x":1}"#,
            r#"{"type":"keep_alive"}"#,
            "7",
        ] {
            assert_eq!(
                understand(line.as_bytes(), InputLines::Lenient),
                Incoming::Nothing,
                "{line}"
            );
        }
        assert_eq!(
            fatal("{not json}", InputLines::Lenient),
            "Error parsing streaming input line (type=unknown, 10 chars): SyntaxError\n"
        );
        assert_eq!(
            fatal(r#"{"type":"user"}"#, InputLines::Lenient),
            "Error: Expected message role 'user', got 'undefined'\n"
        );
    }

    proptest! {
        #[test]
        fn any_line_is_understood_somehow(bytes in prop::collection::vec(any::<u8>(), 0..400), strict in any::<bool>()) {
            understand(&bytes, if strict { InputLines::Strict } else { InputLines::Lenient });
        }

        #[test]
        fn any_json_is_understood_somehow(text in r#"[\{\}\[\]":, a-z0-9é🙂\\ntrue]{0,60}"#) {
            understand(text.as_bytes(), InputLines::Strict);
            understand(text.as_bytes(), InputLines::Lenient);
        }
    }
}
