//! More changes, by what the field's scenarios show with a whole run each.

use super::super::UNKNOWN;
use super::build::*;
use super::cases::Case;
use crate::stage::loadable::Lack;
use crate::timeline::*;
use mock_claude::ledger::Event;
use serde_json::{Value, json};

pub(super) const FIELD: &[Case] = &[
    (
        |t| {
            let status = Ended::Exit(1);
            not_ready(t, StartSeen::Exited { status });
            log(
                t,
                "the health check failed: connect: connection refused; restarting the server",
            );
        },
        &["backend-gets-ready"],
        "monitor-without-grace",
    ),
    (
        |t| {
            error(t, "aborted");
            log(t, "health check: 404, Restarting");
        },
        &["first-turn-answers"],
        "health-route-missing",
    ),
    (
        |t| {
            error(t, "aborted");
            log(t, "no answer within 200 ms; restarting the server");
            log(
                t,
                "Error: listen EADDRINUSE: address already in use 127.0.0.1:8080",
            );
        },
        &["first-turn-answers"],
        "restarted-before-port-free",
    ),
    (
        |t| {
            not_ready(t, StartSeen::Stranger);
            log(t, "Listening on http://127.0.0.1:8080/");
            log(
                t,
                "Error: listen EADDRINUSE: address already in use 127.0.0.1:8080",
            );
        },
        &["listening-is-true", "ready-is-ours"],
        "port-taken",
    ),
    (
        |t| {
            let mut empty = result(false);
            empty["num_turns"] = 0.into();
            empty["result"] = "".into();
            chat(t).frames = vec![Frame::Claude(empty.clone())];
            t.calls[0].events = vec![
                Event::Take {
                    entry: 0,
                    prompt: "Hello".to_owned(),
                },
                Event::Stdout {
                    line: empty.to_string(),
                },
            ];
        },
        &["answers-are-not-empty"],
        "empty-answer-shown",
    ),
    (
        |t| t.calls[0].start.argv.push("x".repeat(120_000)),
        &["arguments-are-short"],
        "argument-too-long",
    ),
    (
        |t| error(t, "spawn E2BIG"),
        &["first-turn-answers"],
        "argument-too-long",
    ),
    (
        |t| {
            t.calls[0].start.argv = ["--resume", "s"].map(str::to_owned).into();
            let mut second = t.calls[0].clone();
            second.start.call = 2;
            second.start.at_ms += 100;
            t.calls.push(second);
        },
        &["one-call-a-session"],
        "session-run-twice",
    ),
    (
        |t| {
            t.stage.faults = false;
            t.calls[0].events.remove(1);
        },
        &["stand-in-keeps-the-grammar"],
        "stand-in-astray",
    ),
    (
        |t| {
            t.stage.faults = false;
            let again = t.calls[0].events[3].clone();
            t.calls[0].events.insert(3, again);
        },
        &["stand-in-keeps-the-grammar"],
        "stand-in-astray",
    ),
    (
        |t| chat(t).frames = vec![Frame::Other(r#"{"reply":"Hi"}"#.to_owned())],
        &["first-turn-answers", "outcome-is-told", "text-arrives"],
        "answer-does-not-fit",
    ),
    (
        |t| error(t, "spawn EINVAL"),
        &["first-turn-answers"],
        "cmd-shim-refused",
    ),
    (
        |t| {
            chat(t).session = Some("asked".to_owned());
            t.calls[0].start.argv = ["--resume", "first"].map(str::to_owned).into();
        },
        &["asked-session-is-resumed"],
        "another-session-resumed",
    ),
    (
        |t| {
            log(t, "claude detected: /home/me/bin/claude");
            error(
                t,
                "Failed to spawn Claude Code process: spawn claude ENOENT",
            );
        },
        &["detected-means-usable", "first-turn-answers"],
        "detected-but-not-usable",
    ),
    (
        |t| {
            log(
                t,
                "(node:7) MaxListenersExceededWarning: 11 exit listeners added to [process].",
            )
        },
        &["listeners-do-not-pile-up"],
        "listeners-pile-up",
    ),
    (|t| asked(t, None), &["permissions-are-answered"], UNKNOWN),
    (
        |t| {
            hang(t, Some("answer"));
            asked(t, None);
        },
        &[
            "first-turn-answers",
            "permissions-are-answered",
            "turn-ends",
        ],
        "permission-unanswered",
    ),
    (
        |t| {
            asked(
                t,
                Some(json!({ "subtype": "error", "request_id": "q", "error": "too late" })),
            )
        },
        &["permissions-are-answered"],
        "approval-failed",
    ),
    (
        |t| {
            let refused = json!({ "type": "user", "message": { "content": [
                { "type": "tool_result", "content": "Tool permission request failed: Error: Stream closed" },
            ] } });
            t.calls[0].events.insert(1, Event::StdinEnd);
            t.calls[0].events.insert(
                2,
                Event::Stdout {
                    line: refused.to_string(),
                },
            );
        },
        &["permissions-are-answered"],
        "stdin-closed-too-early",
    ),
    (
        |t| {
            error(t, "Control request timeout: initialize");
            let text =
                r#"{"type":"control_request","request":{"subtype":"initialize"}}"#.to_owned();
            t.calls[0].events = vec![Event::Stdin { text }, Event::Exit { code: 0 }];
        },
        &["first-turn-answers"],
        "initialize-unanswered",
    ),
    (
        |t| t.calls[0].start.profile = "1.0.108".to_owned(),
        &["the-apps-own-cli-runs"],
        "another-cli-runs",
    ),
    (
        |t| {
            lacks(t, Lack::Loader("/lib/ld-musl-x86_64.so.1".into()));
            error(t, "Claude Code not found at: /app/claude");
        },
        &["first-turn-answers"],
        "cli-loader-missing",
    ),
    (
        |t| {
            lacks(t, Lack::Interpreter("/usr/bin/nod".into()));
            error(
                t,
                "Failed to spawn Claude Code process: spawn /app/claude ENOENT",
            );
        },
        &["first-turn-answers"],
        "cli-interpreter-missing",
    ),
    (
        |t| {
            lacks(t, Lack::Machine("Aarch64".to_owned()));
            error(
                t,
                "Failed to start Claude Code: [Errno 8] Exec format error: '/app/claude'",
            );
        },
        &["first-turn-answers"],
        "cli-for-another-machine",
    ),
    (
        // The same text where the file lacks nothing: it is not there.
        |t| error(t, "Claude Code not found at: /app/claude"),
        &["first-turn-answers"],
        "cli-path-missing",
    ),
    (
        |t| {
            error(t, ENOENT);
            let later = ChatSeen {
                number: 2,
                message: "Again".to_owned(),
                ..answered()
            };
            t.steps.push(StepSeen::Chat(later));
        },
        &["first-turn-answers"],
        "used-before-initialised",
    ),
    (
        |t| {
            chat(t).message = "Salt & pepper".to_owned();
            error(t, "Claude Code process exited with code 70");
            t.calls[0].events = vec![Event::Take {
                entry: 0,
                prompt: "Salt".to_owned(),
            }];
        },
        &["first-turn-answers"],
        "prompt-cut-by-a-shell",
    ),
    (
        |t| {
            hang_on(t, Some("hang"));
            chat(t).frames.clear();
        },
        &["first-turn-answers", "turn-ends"],
        "answer-held-back",
    ),
    (
        |t| {
            chat(t).frames.truncate(1);
            chat(t).end = ChatEnd::CutOff;
            t.calls[0].events.insert(
                2,
                Event::Waiting {
                    on: "timer".to_owned(),
                },
            );
        },
        &["first-turn-answers", "turn-ends"],
        "cut-in-a-silence",
    ),
    (
        |t| {
            log(
                t,
                "UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3 in position 7",
            );
            history(t).projects = Answer::Came {
                status: 500,
                body: Value::Null,
            };
        },
        &["history-opens"],
        "locale-decides-encoding",
    ),
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
            t.calls[0].start.env = t.stage.env.clone().into_iter().collect();
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
