//! What the types promise of each message.

use super::control::{Request, SetModel};
use super::mcp::{self, Kind};
use super::rules::Rule;
use super::stream::{Message, TurnResult};
use super::wire::{Nullable, strays};
use super::{api, hooks};
use proptest::prelude::*;
use serde_json::{Value, json};

fn text(message: &impl serde::Serialize) -> String {
    serde_json::to_string(message).unwrap()
}

fn result(line: &str) -> TurnResult {
    match Message::parse(line).unwrap() {
        Message::Result(result) => *result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_value_that_does_not_fit_its_field_is_kept() {
    let line = r#"{"type":"result","uuid":5,"errors":["a",1],"result":null,"num_turns":1}"#;
    let result = result(line);
    assert_eq!((result.uuid.as_ref(), result.errors.as_ref()), (None, None));
    assert_eq!(result.num_turns, Some(1));
    assert_eq!(text(&result), line);
    assert_eq!(strays(&result), ["uuid", "errors", "result"]);
}

#[test]
fn a_field_that_is_set_later_goes_to_the_end_and_one_that_goes_leaves_its_place() {
    let mut result = result(r#"{"result":"a","future":1,"type":"result","num_turns":1}"#);
    result.result = None;
    result.is_error = Some(true);
    result.num_turns = Some(2);
    assert_eq!(
        text(&result),
        r#"{"future":1,"type":"result","num_turns":2,"is_error":true}"#
    );
}

#[test]
fn a_field_that_is_set_stands_for_the_value_that_did_not_fit() {
    let mut result = result(r#"{"uuid":5,"type":"result"}"#);
    result.uuid = Some("u".into());
    assert_eq!(text(&result), r#"{"uuid":"u","type":"result"}"#);
}

#[test]
fn a_message_that_is_made_here_has_the_order_of_its_declaration() {
    let result = TurnResult {
        result: Some("a".into()),
        is_error: Some(false),
        ..TurnResult::default()
    };
    assert_eq!(
        text(&result),
        r#"{"type":"result","is_error":false,"result":"a"}"#
    );
}

#[test]
fn null_is_not_absent_and_order_is_no_difference() {
    let model = |line: &str| serde_json::from_str::<Request>(line).unwrap();
    let null = model(r#"{"subtype":"set_model","model":null}"#);
    let turned = model(r#"{"model":null,"subtype":"set_model"}"#);
    assert_eq!(null, turned);
    assert_ne!(null, model(r#"{"subtype":"set_model"}"#));
    let made = SetModel {
        model: Nullable::Null,
        ..SetModel::default()
    };
    assert_eq!(null, Request::SetModel(Box::new(made)));
}

#[test]
fn what_is_not_known_is_told_with_its_path() {
    let line = json!({"type": "assistant", "message": {"content": [{"type": "hologram"}], "usage": {"photons": 1}}});
    let message = Message::from_value(line).unwrap();
    assert_eq!(
        strays(&message),
        [
            "assistant.message.content(hologram)",
            "assistant.message.usage.photons"
        ]
    );
}

#[test]
fn the_text_of_a_message_is_its_text_blocks() {
    let blocks =
        json!([{"type": "text", "text": "a"}, {"type": "tool_use"}, {"type": "text", "text": "b"}]);
    let message = |content: Value| {
        serde_json::from_value::<api::Message>(json!({"content": content})).unwrap()
    };
    assert_eq!(message(blocks).text(), "a\nb");
    assert_eq!(message("c".into()).text(), "c");
}

#[test]
fn json_rpc_ids_are_numbers_or_texts() {
    let read = |line: Value| serde_json::from_value::<mcp::Message>(line).unwrap();
    let request = read(json!({"jsonrpc": "2.0", "id": "a", "method": "ping"}));
    assert!(matches!(
        request.kind(),
        Kind::Request {
            id: mcp::Id::Text(_),
            method: "ping"
        }
    ));
    let answer = read(json!({"jsonrpc": "2.0", "id": 7, "result": {}}));
    assert!(matches!(
        answer.kind(),
        Kind::Response {
            id: Some(mcp::Id::Number(7)),
            error: None
        }
    ));
    let lost =
        read(json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "no"}}));
    assert!(matches!(
        lost.kind(),
        Kind::Response {
            id: None,
            error: Some(_)
        }
    ));
    assert_eq!(read(json!({"id": 1})).kind(), Kind::Nothing);
}

#[test]
fn every_event_of_hooks_has_an_input() {
    for event in hooks::Event::ALL {
        let input = json!({"session_id": "s", "hook_event_name": event.as_str()});
        let input: hooks::Input = serde_json::from_value(input).unwrap();
        assert_eq!((input.kind(), strays(&input)), (event.as_str(), Vec::new()));
    }
}

proptest! {
    #[test]
    fn a_rule_is_read_as_it_was_written(tool in "[A-Za-z_]{1,8}", content in prop::option::of("[a-z()*\\\\ :]{0,8}")) {
        let rule = Rule { tool_name: Some(tool), content, ..Rule::default() };
        prop_assert_eq!(Rule::parse(&rule.to_string()), rule);
    }
}
