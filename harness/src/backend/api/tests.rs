//! Backend files as they are read, and what they make of a request.

use super::*;
use crate::yaml::Document;

fn read(text: &str) -> Result<Api, InputError> {
    let document = Document::parse("mine.yaml", text).unwrap();
    let keys = [
        "driver", "chat", "ready", "health", "abort", "history", "prompt",
    ];
    Api::read(&document.root().map("a backend", &keys).unwrap())
}

#[test]
fn what_there_is_none_of_is_left_out_of_the_request() {
    let api = Api::webui();
    let sent = |name: &str| match name {
        "message" => Some(json!("Hi {session}")),
        "request" => Some(json!("r")),
        _ => None,
    };
    assert_eq!(
        request(&api.body, sent),
        json!({ "message": "Hi {session}", "requestId": "r" })
    );
}

#[test]
fn a_mistake_is_told_with_what_would_be_right() {
    for (text, expected) in [
        ("driver: http", "needs `chat`"),
        ("driver: websocket", "connect: /ws"),
        (
            "driver: websocket\nchat: { post: /ws, text: /a }",
            "unknown key in `chat`: `post`",
        ),
        (
            "driver: websocket\nchat: { text: /a }",
            "`chat` needs `connect`",
        ),
        (
            "driver: websocket\nchat: { connect: /ws, text: /a }\nabort: { send: { id: '{reqest}' } }",
            "unknown name `{reqest}`",
        ),
        ("chat: { post: chat, text: /a }", "begins with `/`"),
        ("driver: http\nchat: { post: /chat }", "where the text lies"),
        ("chat: { text: 'choices[0].text' }", "JSON pointer"),
        (
            "chat: { body: { m: '{mesage}' }, text: /a }",
            "unknown name `{mesage}`",
        ),
    ] {
        let error = read(text).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(expected), "{text}: {shown}");
    }
}

#[test]
fn a_place_may_have_a_condition() {
    let api = read("driver: http\nchat: { post: /chat, answer: ndjson, text: { at: /d, when: { /t: say } }, end: { at: /t, when: { /t: bye } } }").unwrap();
    assert_eq!(
        api.text[0].find(&json!({ "t": "say", "d": 1 })),
        Some(&json!(1))
    );
    assert_eq!(api.text[0].find(&json!({ "t": "think", "d": 1 })), None);
    assert_eq!(api.text[0].find(&json!({ "t": "say" })), None);
}
