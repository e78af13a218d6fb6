//! Every invariant and every rule is seen to fail once, on a sound timeline in which one thing is changed.

use super::{Judgement, UNKNOWN, invariants, judge, rules};
use crate::stage::electron::AppEvent;
use crate::timeline::*;
use mock_claude::ledger::{Call, Event, Start};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn said(text: &str) -> Value {
    json!({ "type": "assistant", "message": { "content": [{ "type": "text", "text": text }] } })
}

fn result(is_error: bool) -> Value {
    json!({ "type": "result", "is_error": is_error })
}

fn call(prompt: &str, text: &str) -> Call {
    let out = |message: Value| Event::Stdout {
        line: message.to_string(),
    };
    Call {
        start: Start {
            call: 1,
            face: "cli.js".to_owned(),
            pid: 11,
            shown_pid: 10,
            ppid: 9,
            executable: PathBuf::from("/app/cli.js"),
            argv: Vec::new(),
            cwd: PathBuf::from("/project"),
            env: Default::default(),
            profile: "2.1.330".to_owned(),
        },
        events: vec![
            Event::Take {
                entry: 0,
                prompt: prompt.to_owned(),
            },
            out(said(text)),
            out(result(false)),
            Event::Exit { code: 0 },
        ],
    }
}

/// A chat, the history, a health check: all is well.
fn sound() -> Timeline {
    let chat = ChatSeen {
        number: 1,
        message: "Hello".to_owned(),
        session: None,
        directory: PathBuf::from("/project"),
        directory_exists: true,
        status: Some(200),
        content_type: None,
        frames: vec![Frame::Claude(said("Hi")), Frame::Claude(result(false))],
        end: ChatEnd::Done,
        cli_left_running: None,
    };
    let ok = || Answer::Came {
        status: 200,
        body: json!({}),
    };
    let history = HistorySeen {
        projects: ok(),
        listed: 1,
        project_listed: true,
        histories: Some(ok()),
        conversations: 1,
        conversation: Some(ok()),
        messages: 2,
        shown: 2,
        readable: 2,
        on_disk: 1,
    };
    Timeline {
        stage: StageFacts {
            declared_path: "/usr/bin:/bin".to_owned(),
            cli: PathBuf::from("/app/cli.js"),
            app: PathBuf::from("/app"),
            project: PathBuf::from("/project"),
            has_claude_json: true,
            ..StageFacts::default()
        },
        start: StartSeen::Ready {
            route: "/".to_owned(),
        },
        steps: vec![
            StepSeen::Chat(chat),
            StepSeen::History(history),
            StepSeen::Health(ok()),
        ],
        log: Vec::new(),
        calls: vec![call("Hello", "Hi")],
        unused: Vec::new(),
        app_instances: Vec::new(),
        stop: StopSeen {
            signal: Some("SIGTERM".to_owned()),
            ended: Some(Ended::Exit(0)),
            port_free: true,
            ..StopSeen::default()
        },
        watched: Watched::default(),
    }
}

fn chat(timeline: &mut Timeline) -> &mut ChatSeen {
    match &mut timeline.steps[0] {
        StepSeen::Chat(chat) => chat,
        _ => unreachable!("the first step is the chat"),
    }
}

fn history(timeline: &mut Timeline) -> &mut HistorySeen {
    match &mut timeline.steps[1] {
        StepSeen::History(history) => history,
        _ => unreachable!("the second step is the history"),
    }
}

fn error(timeline: &mut Timeline, text: &str) {
    let chat = chat(timeline);
    chat.frames.clear();
    chat.end = ChatEnd::Error(text.to_owned());
}

fn log(timeline: &mut Timeline, line: &str) {
    timeline.log.push(LogLine {
        stderr: true,
        line: line.to_owned(),
    });
}

fn not_ready(timeline: &mut Timeline, start: StartSeen) {
    timeline.start = start;
    timeline.steps.clear();
    timeline.calls.clear();
}

/// Nothing comes, and the stand-in waits on this.
fn hang(timeline: &mut Timeline, stand_in: Option<&str>) {
    chat(timeline).frames.clear();
    hang_on(timeline, stand_in);
}

/// After the whole answer nothing more comes.
fn hang_on(timeline: &mut Timeline, stand_in: Option<&str>) {
    chat(timeline).end = ChatEnd::Hung(Box::new(Hang {
        stand_in: stand_in.map(str::to_owned),
        ..Hang::default()
    }));
}

fn aborted(timeline: &mut Timeline, cli_gone: bool) {
    chat(timeline).end = ChatEnd::Open;
    timeline.steps.push(StepSeen::Abort(AbortSeen {
        chat: 1,
        answer: Answer::Came {
            status: 200,
            body: Value::Null,
        },
        end: ChatEnd::Error("aborted".to_owned()),
        cli_gone,
    }));
}

fn survivor(call: Option<u32>) -> SurvivorSeen {
    SurvivorSeen {
        command: "left behind".to_owned(),
        call,
        ancestry: Vec::new(),
    }
}

/// What was held after each answer: descriptors, temporary files.
fn held(numbers: &[(u32, usize)]) -> Vec<Sample> {
    let sample = |(descriptors, temp_files): &(u32, usize)| Sample {
        settled: true,
        descriptors: Some(*descriptors),
        temp_files: *temp_files,
        ..Sample::default()
    };
    numbers.iter().map(sample).collect()
}

#[test]
fn what_levels_off_or_was_seen_too_seldom_does_not_grow() {
    for numbers in [
        &[(20, 0), (21, 1), (22, 2)][..],
        &[(20, 0), (24, 3), (24, 3), (25, 4)],
        &[(20, 0), (30, 9), (21, 1), (22, 2)],
    ] {
        let mut timeline = sound();
        timeline.watched.samples = held(numbers);
        assert_eq!(judge(&timeline), super::Judgement::default());
    }
}

const ENOENT: &str = "Failed to spawn Claude Code process: spawn node ENOENT";

/// A new client that finds these texts, or no conversation at all; the client before saw `Hi`.
fn came_back(texts: &[&str], found: bool) -> StepSeen {
    let conversation = Answer::Came {
        status: 200,
        body: json!({}),
    };
    StepSeen::Reconnect(ReconnectSeen {
        chat: 1,
        session: Some("s".to_owned()),
        project_known: true,
        listed: found,
        conversation: found.then_some(conversation),
        before: vec!["Hi".to_owned(), "Never written".to_owned()],
        kept: vec!["Hi".to_owned()],
        after: texts.iter().map(|text| (*text).to_owned()).collect(),
    })
}

/// The backend was killed, and a call with the number 7 went on.
fn killed(had_ended: bool) -> StepSeen {
    StepSeen::Kill(KillSeen {
        signal: "SIGKILL".to_owned(),
        had_ended,
        ended: Ended::Signal("SIGKILL".to_owned()),
        forced: false,
        chats: Vec::new(),
        calls_left: vec![7],
    })
}

fn meanwhile(failures: usize, longest_cpu_ms: u64) -> StepSeen {
    StepSeen::HealthMeanwhile(HealthMeanwhile {
        answers: 0,
        failures,
        longest_cpu_ms,
        cpu_ms: 1_000,
    })
}

type Change = fn(&mut Timeline);

/// What is changed, the invariants that break, the diagnosis.
const CASES: &[(Change, &[&str], &str)] = &[
    (
        |t| t.watched.zombies.push("`sh`".to_owned()),
        &["children-are-reaped"],
        "children-not-reaped",
    ),
    (
        |t| t.watched.samples = held(&[(20, 0), (21, 0), (23, 0), (24, 0)]),
        &["descriptors-do-not-grow"],
        "resources-grow",
    ),
    (
        |t| t.watched.samples = held(&[(20, 0), (20, 1), (20, 2), (20, 3)]),
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
            t.calls[0].events[2] = Event::Stdout {
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
            chat(t).cli_left_running = Some(true);
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
                cli_gone: false,
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

#[test]
fn a_sound_run_breaks_nothing_and_has_no_diagnosis() {
    assert_eq!(judge(&sound()), super::Judgement::default());
}

#[test]
fn what_the_steps_did_to_the_backend_is_no_doing_of_its_own() {
    let mut timeline = sound();
    timeline.steps.push(killed(false));
    timeline.stop.signal = None;
    timeline.stop.ended = Some(Ended::Signal("SIGKILL".to_owned()));
    timeline.stop.survivors.push(SurvivorSeen {
        command: "claude".to_owned(),
        call: Some(7),
        ancestry: Vec::new(),
    });
    assert_eq!(judge(&timeline), super::Judgement::default());
    timeline.stop.survivors[0].call = Some(8);
    assert_eq!(judge(&timeline).broken[0].invariant, "no-survivor");
}

#[test]
fn a_backend_that_found_its_port_taken_may_start_on_another() {
    let mut timeline = sound();
    timeline.start = StartSeen::Stranger;
    assert_eq!(judge(&timeline).broken[0].invariant, "ready-is-ours");
    timeline.steps.push(StepSeen::Restart(RestartSeen {
        new_port: true,
        start: StartSeen::Ready {
            route: "/".to_owned(),
        },
    }));
    assert_eq!(judge(&timeline), super::Judgement::default());
}

#[test]
fn a_health_check_may_wait_a_little() {
    let mut timeline = sound();
    timeline.steps.push(meanwhile(0, 240));
    assert_eq!(judge(&timeline), super::Judgement::default());
}

#[test]
fn a_project_that_the_cli_never_listed_need_not_be_found() {
    let mut timeline = sound();
    let mut step = came_back(&[], false);
    if let StepSeen::Reconnect(seen) = &mut step {
        seen.project_known = false;
    }
    timeline.steps.push(step);
    assert_eq!(judge(&timeline), super::Judgement::default());
}

#[test]
fn an_empty_home_has_an_empty_history() {
    let mut timeline = sound();
    let seen = history(&mut timeline);
    (seen.project_listed, seen.listed, seen.on_disk) = (false, 0, 0);
    assert_eq!(judge(&timeline), super::Judgement::default());
}

#[test]
fn each_change_breaks_its_invariants_and_gets_its_diagnosis() {
    for (number, (change, broken, diagnosis)) in CASES.iter().enumerate() {
        let mut timeline = sound();
        change(&mut timeline);
        let judgement = judge(&timeline);
        let names: Vec<&str> = judgement.broken.iter().map(|one| one.invariant).collect();
        assert_eq!(names, *broken, "case {number}: {judgement:#?}");
        assert_eq!(judgement.diagnosis.unwrap().id, *diagnosis, "case {number}");
    }
}

#[test]
fn every_invariant_and_every_rule_was_seen_to_fail() {
    let broken: BTreeSet<&str> = CASES
        .iter()
        .flat_map(|case| case.1.iter().copied())
        .collect();
    let all: BTreeSet<&str> = invariants().iter().map(|one| one.name).collect();
    assert_eq!(broken, all);
    // What a scenario of ours expects is seen with every `cargo test`.
    let scenarios: String = crate::scenario::built_in()
        .iter()
        .map(|file| file.text.clone().unwrap_or_default())
        .collect();
    let expected = |id: &&str| scenarios.contains(&format!("diagnosis: {id},"));
    let seen: BTreeSet<&str> = CASES
        .iter()
        .map(|case| case.2)
        .chain(rules().iter().map(|rule| rule.id).filter(expected))
        .collect();
    let known: BTreeSet<&str> = rules()
        .iter()
        .map(|rule| rule.id)
        .chain([UNKNOWN])
        .collect();
    assert_eq!(seen, known);
}

#[test]
fn a_call_that_did_not_come_because_the_spawn_failed_is_no_second_finding() {
    let mut timeline = sound();
    error(&mut timeline, ENOENT);
    timeline.calls.clear();
    timeline.unused.push(UnusedEntry {
        line: None,
        when: "with x".to_owned(),
    });
    let judgement = judge(&timeline);
    assert_eq!(judgement.broken.len(), 1, "{judgement:#?}");
}

#[test]
fn asking_the_cli_for_its_version_is_no_try() {
    let mut timeline = sound();
    let asks = |number: u32| {
        let mut call = call("", "");
        call.start.call = number;
        call.start.argv = vec!["--version".to_owned()];
        call.events = vec![Event::Exit { code: 0 }];
        call
    };
    timeline.calls.extend((2..9).map(asks));
    assert_eq!(judge(&timeline), Judgement::default());
    for call in &mut timeline.calls {
        call.start.argv.clear();
    }
    assert_eq!(judge(&timeline).diagnosis.unwrap().id, "retry-storm");
}

#[test]
fn an_error_that_the_cli_gave_and_the_client_was_told_is_an_answer() {
    const REASON: &str = "Error: no space left on device";
    let mut timeline = sound();
    error(
        &mut timeline,
        &format!("the CLI exited with code 1: {REASON}"),
    );
    timeline.calls[0].events = vec![
        Event::Stderr {
            text: REASON.to_owned(),
        },
        Event::Exit { code: 1 },
    ];
    assert_eq!(judge(&timeline), Judgement::default());
    error(&mut timeline, "the CLI exited with code 1");
    let broken = judge(&timeline).broken;
    let names: Vec<_> = broken.iter().map(|one| one.invariant).collect();
    assert_eq!(names, ["first-turn-answers", "reason-is-told"]);
}
