//! More changes, by what the field's scenarios show with a whole run each.

use super::build::*;
use super::cases::Case;
use crate::timeline::*;
use mock_claude::ledger::Event;
use serde_json::Value;

pub(super) const FIELD: &[Case] = &[
    (
        |t| {
            error(
                t,
                "exited with code 1: --dangerously-skip-permissions cannot be used with root/sudo privileges",
            )
        },
        &["first-turn-answers"],
        "root-skips-permissions",
    ),
    (
        |t| {
            error(
                t,
                "exited with code 1: Error: Session ID 0f0e is already in use.",
            )
        },
        &["first-turn-answers"],
        "session-id-reused",
    ),
    (
        |t| {
            error(t, "Claude Code process terminated by signal SIGILL");
            t.calls[0].events.clear();
        },
        &["first-turn-answers"],
        "cli-dies-at-start",
    ),
    (
        |t| {
            log(t, "Error: write EPIPE");
            t.stop.signal = None;
        },
        &["backend-survives"],
        "dies-of-epipe",
    ),
    (
        |t| {
            t.stage
                .env
                .insert("CLAUDE_CONFIG_DIR".to_owned(), "/elsewhere".to_owned());
            t.calls[0].start.env = t.stage.env.clone();
            t.stage.conversations = 1;
            history(t).project_listed = false;
        },
        &["history-opens"],
        "history-elsewhere",
    ),
    (
        |t| {
            history(t).conversation = Some(Answer::Came {
                status: 500,
                body: Value::Null,
            })
        },
        &["history-opens"],
        "transcript-refused",
    ),
    (
        |t| {
            not_ready(t, StartSeen::Silent);
            t.watched.hangs.push(Hang {
                processes: vec!["process `/bin/bash -ilc env`".to_owned()],
                ..Hang::default()
            });
        },
        &["backend-gets-ready"],
        "shell-probe-hangs",
    ),
    (
        |t| {
            error(
                t,
                "Failed to decode JSON: JSON message exceeded maximum buffer size of 1048576 bytes...",
            )
        },
        &["first-turn-answers"],
        "line-too-long",
    ),
    (
        |t| {
            error(
                t,
                "Unexpected token 'N', \"Now using\"... is not valid JSON",
            );
            wrote(t, "Now using node v20");
        },
        &["first-turn-answers"],
        "noise-on-stdout",
    ),
    (
        |t| {
            chat(t).frames[0] = Frame::Claude(said("caf\u{fffd}\u{fffd}"));
            t.calls[0] = call("Hello", "caf\u{e9}");
        },
        &["text-arrives"],
        "character-cut",
    ),
    (
        |t| {
            chat(t).frames[0] = Frame::Claude(said("Yours"));
            let other = ChatSeen {
                number: 2,
                message: "Again".to_owned(),
                frames: vec![Frame::Claude(said("Yours")), Frame::Claude(result(false))],
                ..answered()
            };
            t.steps.push(StepSeen::Chat(other));
            t.calls.push(call("Again", "Yours"));
        },
        &["text-arrives"],
        "sessions-mixed-up",
    ),
    (
        |t| {
            chat(t).frames.truncate(1);
            t.calls[0].events.retain(
                |event| !matches!(event, Event::Stdout { line } if line.contains("result")),
            );
        },
        &["first-turn-answers", "outcome-is-told"],
        "result-missing",
    ),
    (
        |t| {
            aborted(t, false);
            t.calls[0].events = vec![Event::Signal {
                name: "SIGTERM".to_owned(),
            }];
        },
        &["abort-works"],
        "kill-not-escalated",
    ),
    (
        |t| {
            t.steps.push(killed(false));
            t.stop.signal = None;
            let busy = ChatSeen {
                number: 2,
                message: "Again".to_owned(),
                end: ChatEnd::Error("the previous message is being processed".to_owned()),
                frames: Vec::new(),
                ..answered()
            };
            t.steps.push(StepSeen::Chat(busy));
        },
        &["later-turns-answer"],
        "stuck-after-crash",
    ),
    (
        |t| hang(t, Some("stderr")),
        &["first-turn-answers", "turn-ends"],
        "stderr-not-drained",
    ),
    (
        |t| {
            error(t, "Claude Code gave no sign of life for 500 ms");
            t.calls[0].events = vec![
                Event::Take {
                    entry: 0,
                    prompt: "Hello".to_owned(),
                },
                Event::Waiting {
                    on: "hang".to_owned(),
                },
                Event::Signal {
                    name: "SIGTERM".to_owned(),
                },
            ];
        },
        &["first-turn-answers"],
        "cli-stalled",
    ),
];

/// A line of the stand-in's.
fn wrote(timeline: &mut Timeline, line: &str) {
    let line = line.to_owned();
    timeline.calls[0].events.insert(2, Event::Stdout { line });
}
