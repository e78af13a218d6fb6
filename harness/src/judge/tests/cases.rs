//! Changes to a sound timeline, and what the judge says of each.

use super::super::UNKNOWN;
use super::build::*;
use crate::stage::electron::AppEvent;
use crate::timeline::*;
use mock_claude::ledger::Event;
use serde_json::Value;
use std::path::PathBuf;

/// What is changed, the invariants that break, the diagnosis.
pub(super) type Case = (fn(&mut Timeline), &'static [&'static str], &'static str);

pub(super) const CASES: &[Case] = &[
    (
        |t| t.watched.zombies.push("`sh`".to_owned()),
        &["children-are-reaped"],
        "children-not-reaped",
    ),
    (
        |t| t.watched.samples = held(&[(20, 0), (21, 0), (23, 0), (24, 0), (25, 0), (26, 0)]),
        &["descriptors-do-not-grow"],
        "resources-grow",
    ),
    (
        |t| t.watched.samples = held(&[(20, 0), (20, 1), (20, 2), (20, 3), (20, 4), (20, 5)]),
        &["temp-files-do-not-grow"],
        "resources-grow",
    ),
    (
        |t| hang(t, Some("stdin")),
        &["first-turn-answers", "turn-ends"],
        "stdin-left-open",
    ),
    (
        |t| error(t, ENOENT),
        &["first-turn-answers"],
        "spawn-node-enoent",
    ),
    (
        // Agent SDK 0.2.141 and later do not name what they ran.
        |t| {
            error(
                t,
                "Claude Code executable at /app/cli.js exists but failed to launch.",
            )
        },
        &["first-turn-answers"],
        "spawn-node-enoent",
    ),
    (
        |t| {
            error(t, ENOENT);
            chat(t).directory_exists = false;
        },
        &["first-turn-answers"],
        "working-directory-missing",
    ),
    (
        |t| {
            error(t, ENOENT);
            t.stage.on_path = vec!["node".to_owned()];
        },
        &["first-turn-answers"],
        UNKNOWN,
    ),
    (
        |t| {
            error(
                t,
                "Claude Code executable not found at /x/cli.js. Is options.pathToClaudeCodeExecutable set?",
            )
        },
        &["first-turn-answers"],
        "cli-path-missing",
    ),
    (
        |t| {
            error(
                t,
                "Claude Code executable not found at /R/app.asar/cli.js. Is it there?",
            )
        },
        &["first-turn-answers"],
        "cli-in-asar",
    ),
    (
        |t| {
            error(
                t,
                "Failed to spawn Claude Code process: spawn /app/claude EACCES",
            )
        },
        &["first-turn-answers"],
        "cli-not-executable",
    ),
    (
        |t| error(t, "Claude Code process exited with code 1"),
        &["first-turn-answers"],
        "cli-failed",
    ),
    (
        |t| {
            error(t, "Claude Code process exited with code 1");
            t.app_instances.push(AppEvent::SecondAppInstance {
                pid: 1,
                argv: vec!["App".to_owned()],
                env: Default::default(),
            });
        },
        &["first-turn-answers"],
        "second-app-instance",
    ),
    (
        |t| {
            let mut second = chat(t).clone();
            second.number = 2;
            second.end = ChatEnd::Error("no".to_owned());
            t.steps.push(StepSeen::Chat(second));
        },
        &["later-turns-answer"],
        UNKNOWN,
    ),
    (
        |t| hang_on(t, Some("hang")),
        &["first-turn-answers", "turn-ends"],
        "cli-stays-after-result",
    ),
    (
        |t| hang(t, Some("hang")),
        &["first-turn-answers", "turn-ends"],
        "cli-hangs",
    ),
    (
        |t| hang(t, None),
        &["first-turn-answers", "turn-ends"],
        "backend-hangs",
    ),
    (
        |t| chat(t).end = ChatEnd::CutOff,
        &["first-turn-answers", "turn-ends"],
        "answer-cut-off",
    ),
    (
        |t| drop(chat(t).frames.pop()),
        &["first-turn-answers", "outcome-is-told"],
        UNKNOWN,
    ),
    (
        |t| {
            t.calls[0].events[3] = Event::Stdout {
                line: result(true).to_string(),
            }
        },
        &["outcome-is-told"],
        "error-shown-as-success",
    ),
    (
        |t| chat(t).frames.insert(0, Frame::Claude(said("Hi"))),
        &["text-arrives"],
        "text-doubled",
    ),
    (
        |t| chat(t).frames.insert(0, Frame::Claude(said("Ho"))),
        &["text-arrives"],
        "text-changed",
    ),
    (
        |t| {
            history(t).project_listed = false;
            history(t).listed = 0;
        },
        &["history-opens"],
        "project-not-listed",
    ),
    (
        |t| history(t).conversations = 0,
        &["history-opens"],
        UNKNOWN,
    ),
    (
        |t| {
            t.stage.has_claude_json = false;
            history(t).projects = Answer::Came {
                status: 500,
                body: Value::Null,
            };
            history(t).project_listed = false;
        },
        &["history-opens"],
        "cold-home",
    ),
    (
        |t| {
            t.steps[2] = StepSeen::Health(Answer::Came {
                status: 404,
                body: Value::Null,
            })
        },
        &["health-answers"],
        UNKNOWN,
    ),
    (|t| aborted(t, false), &["abort-works"], "abort-ignored"),
    (
        |t| {
            chat(t).end = ChatEnd::Open;
            chat(t).cli = Some(CliAfter::GoesOn);
        },
        &["disconnect-ends-the-cli"],
        "abandoned-cli",
    ),
    (
        |t| t.stop.survivors.push(survivor(Some(1))),
        &["no-survivor"],
        "abandoned-cli",
    ),
    (
        |t| t.stop.survivors.push(survivor(None)),
        &["no-survivor"],
        "leftover-processes",
    ),
    (
        |t| t.stop.port_free = false,
        &["port-free-after-stop"],
        UNKNOWN,
    ),
    (
        |t| t.stop.forced = true,
        &["backend-stops-when-told"],
        UNKNOWN,
    ),
    (
        |t| t.stop.signal = None,
        &["backend-survives"],
        "backend-died",
    ),
    (
        |t| {
            t.calls[0].events.insert(
                1,
                Event::Unmatched {
                    prompt: Some("Hello".to_owned()),
                    message: "nothing fits".to_owned(),
                },
            );
        },
        &["calls-match-script"],
        "unexpected-call",
    ),
    (
        |t| {
            t.unused.push(UnusedEntry {
                line: Some(3),
                when: "with x".to_owned(),
            })
        },
        &["calls-match-script"],
        "missing-call",
    ),
    (
        |t| {
            not_ready(
                t,
                StartSeen::Exited {
                    status: Ended::Exit(3),
                },
            )
        },
        &["backend-gets-ready"],
        "backend-exits-at-start",
    ),
    (
        |t| {
            not_ready(
                t,
                StartSeen::Exited {
                    status: Ended::Exit(1),
                },
            );
            log(t, "Claude CLI not found in PATH");
        },
        &["backend-gets-ready"],
        "cli-not-found",
    ),
    (
        |t| {
            not_ready(
                t,
                StartSeen::Exited {
                    status: Ended::Exit(1),
                },
            );
            log(t, "listen EADDRINUSE: address already in use");
        },
        &["backend-gets-ready"],
        "port-taken",
    ),
    (
        |t| not_ready(t, StartSeen::Stranger),
        &["ready-is-ours"],
        "port-taken",
    ),
    (
        |t| not_ready(t, StartSeen::Silent),
        &["backend-gets-ready"],
        "backend-never-ready",
    ),
    (
        |t| {
            let program = PathBuf::from("/app/server");
            not_ready(
                t,
                StartSeen::NotSpawned {
                    errno: "EACCES".to_owned(),
                    program,
                },
            );
        },
        &["backend-gets-ready"],
        "backend-not-executable",
    ),
    (
        |t| {
            not_ready(
                t,
                StartSeen::Exited {
                    status: Ended::Exit(1),
                },
            );
            log(
                t,
                "Error: EROFS: read-only file system, open '/app/server/data.db'",
            );
        },
        &["backend-gets-ready"],
        "app-folder-not-writable",
    ),
    (
        |t| error(t, "Unknown message type: future_event"),
        &["first-turn-answers"],
        "unknown-message-type",
    ),
    (
        |t| {
            error(
                t,
                "Claude Code process exited with code 1: error: unknown option '--x'",
            )
        },
        &["first-turn-answers"],
        "unknown-flag",
    ),
    (
        |t| {
            error(
                t,
                "Claude Code process exited with code 1: No conversation found with session ID: x",
            )
        },
        &["first-turn-answers"],
        "resume-not-found",
    ),
    (
        // One that did start and says ENOENT itself is no spawn that failed.
        |t| {
            error(
                t,
                "Claude Code process exited with code 70: spawn /x ENOENT",
            )
        },
        &["first-turn-answers"],
        "cli-failed",
    ),
    (
        |t| {
            t.stage.env = [("HOME", "/h"), ("PATH", "/bin")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        },
        &["environment-is-passed-on"],
        "environment-replaced",
    ),
    (
        |t| {
            let name = || "NODE_OPTIONS".to_owned();
            t.stage.env.insert(name(), "-r x".to_owned());
            t.calls[0].start.env.insert(name(), "-r x".to_owned());
        },
        &["environment-is-clean"],
        "launcher-variables-leak",
    ),
    (
        |t| {
            let again = t.calls[0].clone();
            t.calls.extend([again.clone(), again.clone(), again]);
        },
        &["retries-are-bounded"],
        "retry-storm",
    ),
    (
        |t| {
            error(t, "Claude Code process exited with code 1");
            let text = "no space left".to_owned();
            t.calls[0].events.push(Event::Stderr { text });
        },
        &["first-turn-answers", "reason-is-told"],
        "reason-hidden",
    ),
    (
        // Not the app's folder.
        |t| {
            not_ready(
                t,
                StartSeen::Exited {
                    status: Ended::Exit(1),
                },
            );
            log(t, "Error: EACCES: permission denied, open '/etc/data.db'");
        },
        &["backend-gets-ready"],
        "backend-exits-at-start",
    ),
    (
        |t| t.steps.push(came_back(&["Hello"], true)),
        &["a-client-can-come-back"],
        UNKNOWN,
    ),
    (
        |t| t.steps.push(came_back(&[], false)),
        &["a-client-can-come-back"],
        "project-not-listed",
    ),
    (
        |t| {
            t.steps.push(StepSeen::Left(LeftSeen {
                chat: 1,
                way: Leaving::HalfClose,
                end: Some(ChatEnd::CutOff),
                cli: CliAfter::GoesOn,
            }));
        },
        &["disconnect-ends-the-cli"],
        UNKNOWN,
    ),
    (
        |t| t.steps.push(killed(true)),
        &["backend-survives"],
        "backend-died",
    ),
    (
        |t| {
            t.steps.push(killed(false));
            t.steps.push(StepSeen::Restart(RestartSeen {
                new_port: false,
                start: StartSeen::Silent,
            }));
        },
        &["backend-gets-ready"],
        "backend-never-ready",
    ),
    (
        |t| t.steps.push(meanwhile(0, 250)),
        &["history-holds-nothing-up"],
        "event-loop-blocked",
    ),
    (
        |t| t.steps.push(meanwhile(1, 0)),
        &["health-answers"],
        UNKNOWN,
    ),
    (
        |t| history(t).readable = 3,
        &["history-opens"],
        "damaged-transcript",
    ),
];
