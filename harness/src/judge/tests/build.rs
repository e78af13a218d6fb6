//! A sound timeline, and what can be changed in it.

use crate::stage::loadable::Lack;
use crate::timeline::*;
use mock_claude::ledger::{Call, Event, Start};
use serde_json::{Value, json};
use std::path::PathBuf;

pub(super) fn said(text: &str) -> Value {
    json!({ "type": "assistant", "message": { "content": [{ "type": "text", "text": text }] } })
}

pub(super) fn result(is_error: bool) -> Value {
    json!({ "type": "result", "is_error": is_error })
}

pub(super) fn call(prompt: &str, text: &str) -> Call {
    let out = |message: Value| Event::Stdout {
        line: message.to_string(),
    };
    Call {
        start: Start {
            call: 1,
            at_ms: 1_000,
            face: "cli.js".to_owned(),
            pid: 11,
            shown_pid: 10,
            ppid: 9,
            executable: PathBuf::from("/app/cli.js"),
            argv: Vec::new(),
            cwd: PathBuf::from("/project"),
            env: Default::default(),
            profile: "2.1.330".to_owned(),
            profile_asked: None,
            script: None,
            parent: None,
        },
        events: vec![
            Event::Take {
                entry: 0,
                prompt: prompt.to_owned(),
            },
            out(json!({ "type": "system", "subtype": "init" })),
            out(said(text)),
            out(result(false)),
            Event::Exit { code: 0 },
        ],
        last_ms: 2_000,
    }
}

/// A chat that was answered.
pub(super) fn answered() -> ChatSeen {
    ChatSeen {
        status: Some(200),
        frames: vec![Frame::Claude(said("Hi")), Frame::Claude(result(false))],
        end: ChatEnd::Done,
        directory_exists: true,
        ..ChatSeen::begun(1, "Hello".to_owned(), None, PathBuf::from("/project"))
    }
}

/// The CLI asked whether a tool may run, and got this response.
pub(super) fn asked(timeline: &mut Timeline, response: Option<Value>) {
    let question = json!({ "type": "control_request", "request_id": "q",
        "request": { "subtype": "can_use_tool", "tool_name": "Write" } });
    let events = &mut timeline.calls[0].events;
    if let Some(response) = response {
        let text = json!({ "type": "control_response", "response": response }).to_string();
        events.insert(1, Event::Stdin { text });
    }
    events.insert(
        1,
        Event::Stdout {
            line: question.to_string(),
        },
    );
}

/// What lies at `/app/claude` cannot be executed.
pub(super) fn lacks(timeline: &mut Timeline, lack: Lack) {
    timeline.stage.unloadable.push(("/app/claude".into(), lack));
}

/// A chat, the history, a health check: all is well.
pub(super) fn sound() -> Timeline {
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
            cli_version: "2.1.330".to_owned(),
            // Most changes have the CLI do what it would not do by itself.
            faults: true,
            app: PathBuf::from("/app"),
            project: PathBuf::from("/project"),
            has_claude_json: true,
            ..StageFacts::default()
        },
        start: StartSeen::Ready {
            route: "/".to_owned(),
        },
        steps: vec![
            StepSeen::Chat(answered()),
            StepSeen::History(history),
            StepSeen::Health(ok()),
        ],
        log: Vec::new(),
        calls: vec![call("Hello", "Hi")],
        unused: Vec::new(),
        turns: Default::default(),
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

pub(super) fn chat(timeline: &mut Timeline) -> &mut ChatSeen {
    match &mut timeline.steps[0] {
        StepSeen::Chat(chat) => chat,
        _ => unreachable!("the first step is the chat"),
    }
}

pub(super) fn history(timeline: &mut Timeline) -> &mut HistorySeen {
    match &mut timeline.steps[1] {
        StepSeen::History(history) => history,
        _ => unreachable!("the second step is the history"),
    }
}

pub(super) fn error(timeline: &mut Timeline, text: &str) {
    let chat = chat(timeline);
    chat.frames.clear();
    chat.end = ChatEnd::Error(text.to_owned());
}

pub(super) fn log(timeline: &mut Timeline, line: &str) {
    timeline.log.push(LogLine {
        stderr: true,
        line: line.to_owned(),
    });
}

pub(super) fn not_ready(timeline: &mut Timeline, start: StartSeen) {
    timeline.start = start;
    timeline.steps.clear();
    timeline.calls.clear();
}

/// Nothing comes, and the stand-in waits on this.
pub(super) fn hang(timeline: &mut Timeline, stand_in: Option<&str>) {
    chat(timeline).frames.clear();
    let wrote = |event: &Event| matches!(event, Event::Stdout { .. });
    timeline.calls[0].events.retain(|event| !wrote(event));
    hang_on(timeline, stand_in);
}

/// After the whole answer nothing more comes.
pub(super) fn hang_on(timeline: &mut Timeline, stand_in: Option<&str>) {
    chat(timeline).end = ChatEnd::Hung(Box::new(Hang {
        stand_in: stand_in.map(str::to_owned),
        ..Hang::default()
    }));
}

pub(super) fn aborted(timeline: &mut Timeline, cli_gone: bool) {
    chat(timeline).end = ChatEnd::Open;
    timeline.steps.push(StepSeen::Abort(AbortSeen {
        chat: 1,
        answer: Answer::Came {
            status: 200,
            body: Value::Null,
        },
        end: ChatEnd::Error("aborted".to_owned()),
        cli: if cli_gone {
            CliAfter::Ended
        } else {
            CliAfter::GoesOn
        },
    }));
}

pub(super) fn survivor(call: Option<u32>) -> SurvivorSeen {
    SurvivorSeen {
        command: "left behind".to_owned(),
        call,
        ancestry: Vec::new(),
    }
}

/// What was held after each answer: descriptors, temporary files.
pub(super) fn held(numbers: &[(u32, usize)]) -> Vec<Sample> {
    let sample = |(descriptors, temp_files): &(u32, usize)| Sample {
        settled: true,
        descriptors: Some(*descriptors),
        temp_files: *temp_files,
        ..Sample::default()
    };
    numbers.iter().map(sample).collect()
}

pub(super) const ENOENT: &str = "Failed to spawn Claude Code process: spawn node ENOENT";

/// A new client that finds these texts, or no conversation at all; the client before saw `Hi`.
pub(super) fn came_back(texts: &[&str], found: bool) -> StepSeen {
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
pub(super) fn killed(had_ended: bool) -> StepSeen {
    StepSeen::Kill(KillSeen {
        signal: "SIGKILL".to_owned(),
        had_ended,
        ended: Ended::Signal("SIGKILL".to_owned()),
        forced: false,
        chats: Vec::new(),
        calls_left: vec![7],
    })
}

pub(super) fn meanwhile(failures: usize, longest_cpu_ms: u64) -> StepSeen {
    StepSeen::HealthMeanwhile(HealthMeanwhile {
        answers: 0,
        failures,
        longest_cpu_ms,
        cpu_ms: 1_000,
    })
}
