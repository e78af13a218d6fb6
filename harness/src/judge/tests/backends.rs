//! Changes by what backends of others have shown: SDKs in Rust, and those that pass on no more than text.

use super::super::UNKNOWN;
use super::build::*;
use super::cases::Case;
use crate::timeline::*;
use mock_claude::ledger::Event;
use serde_json::json;

pub(super) const BACKENDS: &[Case] = &[
    (
        // Only the text arrives, and no result stands behind it.
        |t| {
            only_text(t);
            no_result(t);
        },
        &["outcome-is-told"],
        "result-missing",
    ),
    (
        // The CLI is through, and waits for the next message as the backend waits for a result.
        |t| {
            chat(t).frames.truncate(1);
            no_result(t);
            let on = "stdin".to_owned();
            t.calls[0].events.pop();
            t.calls[0].events.push(Event::Waiting { on });
            hang_on(t, Some("stdin"));
        },
        &["first-turn-answers", "turn-ends"],
        "result-missing",
    ),
    (
        // claude-code-sdk 0.0.25 to a CLI of its own time.
        |t| {
            asked(
                t,
                Some(json!({ "request_id": "q", "response": { "allow": true } })),
            );
            let failed = "Tool permission request failed: [ { \"code\": \"invalid_union\" } ]";
            let line = json!({ "type": "user", "message": { "content": [{ "type": "tool_result", "content": failed }] } });
            t.calls[0].events.insert(
                3,
                Event::Stdout {
                    line: line.to_string(),
                },
            );
        },
        &["permissions-are-answered"],
        "permission-answer-unknown",
    ),
    (
        |t| {
            error(
                t,
                "Command failed with exit code 3 (exit code: 3)\nError output: Check stderr output for details",
            )
        },
        &["first-turn-answers"],
        "cli-failed",
    ),
    (
        // The answer's end is another frame than the file says: the server closes,
        |t| {
            described(t);
            chat(t).end = ChatEnd::CutOff;
            chat(t).ended_in_order = true;
        },
        &["first-turn-answers", "turn-ends"],
        "answer-does-not-fit",
    ),
    (
        // or the connection stays.
        |t| {
            described(t);
            hang_on(t, Some("stdin"));
        },
        &["first-turn-answers", "turn-ends"],
        "answer-does-not-fit",
    ),
    (
        // No text where it is looked for, of a CLI that lives on.
        |t| {
            described(t);
            chat(t).frames = vec![Frame::Other(r#"{"content":"Hi"}"#.to_owned())];
            t.calls[0].events.pop();
        },
        &["first-turn-answers", "outcome-is-told", "text-arrives"],
        "answer-does-not-fit",
    ),
    (
        |t| {
            described(t);
            let next = ChatSeen {
                lost_session: true,
                number: 2,
                message: "Again".to_owned(),
                ..chat(t).clone()
            };
            t.steps.push(StepSeen::Chat(next));
            t.calls.push(call("Again", "Hi"));
        },
        &["session-is-told"],
        "answer-does-not-fit",
    ),
    (
        // A server, started as a command that answers on stdout.
        |t| {
            error(t, "exit status: 3: address already in use");
            chat(t).looked_for.hosted = true;
            t.calls.clear();
        },
        &["first-turn-answers"],
        "answer-does-not-fit",
    ),
    (
        |t| {
            chat(t).end = ChatEnd::Refused("404 \"Not found\"".to_owned());
            chat(t).status = Some(404);
            chat(t).frames.clear();
            t.calls.clear();
        },
        &["first-turn-answers"],
        "answer-does-not-fit",
    ),
    (
        |t| error(t, OS_ENOENT),
        &["first-turn-answers"],
        "cli-path-missing",
    ),
    (
        |t| {
            error(t, OS_ENOENT);
            chat(t).directory_exists = false;
        },
        &["first-turn-answers"],
        "working-directory-missing",
    ),
    (
        |t| {
            error(
                t,
                "Binary not found: 'claude' is not on PATH. Is it installed?",
            );
            t.stage.on_path.clear();
        },
        &["first-turn-answers"],
        "cli-not-found",
    ),
    (
        // It is there: then that is not the cause.
        |t| {
            error(
                t,
                "Binary not found: 'claude' is not on PATH. Is it installed?",
            );
            t.stage.on_path = vec!["claude".to_owned()];
        },
        &["first-turn-answers"],
        UNKNOWN,
    ),
    (
        |t| {
            error(
                t,
                "Deserialization error: unknown variant `future`, expected one of `system`",
            )
        },
        &["first-turn-answers"],
        "unknown-message-type",
    ),
];

const OS_ENOENT: &str = "IO error: No such file or directory (os error 2)";

fn only_text(timeline: &mut Timeline) {
    let chat = chat(timeline);
    chat.only_text = true;
    chat.frames = vec![Frame::Text("Hi".to_owned())];
}

/// A backend whose file says where its answer lies.
fn described(timeline: &mut Timeline) {
    only_text(timeline);
    let chat = chat(timeline);
    chat.asked = "POST /ask".to_owned();
    chat.frames
        .push(Frame::Other(r#"{"type":"bye"}"#.to_owned()));
    chat.looked_for = LookedFor {
        answer: "chat.text (/text)".to_owned(),
        session: Some("/session".to_owned()),
        end: Some("/end".to_owned()),
        mapped: true,
        hosted: false,
    };
}

/// The stand-in's ledger has no result.
pub(super) fn no_result(timeline: &mut Timeline) {
    let is_result =
        |event: &Event| matches!(event, Event::Stdout { line } if line.contains("result"));
    timeline.calls[0].events.retain(|event| !is_result(event));
}
