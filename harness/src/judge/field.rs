//! Causes and rules of the failures that the field reports (FAILURES.md).

use super::calls;
use crate::timeline::{Answer, ChatEnd, ChatSeen, StartSeen, StepSeen, Timeline};
use mock_claude::ledger::{Call, Event};
use serde_json::Value;

/// Variables that are a launcher's (FAILURES I14); what runs the CLI's `cli.js` may need those of Electron.
const LAUNCHERS: &[&str] = &[
    "CLAUDECODE",
    "NODE_OPTIONS",
    "VSCODE_INSPECTOR_OPTIONS",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
];
/// So often may one message be tried (FAILURES I17).
const TRIES: usize = 3;

fn chats(timeline: &Timeline) -> impl Iterator<Item = &ChatSeen> {
    timeline.steps.iter().filter_map(|step| match step {
        StepSeen::Chat(chat) => Some(chat),
        _ => None,
    })
}

/// The first error of a chat that has one of these in it.
fn said(timeline: &Timeline, parts: &[&str]) -> Option<String> {
    chats(timeline).find_map(|chat| {
        let text = chat.error()?;
        let fits = parts.iter().any(|part| text.contains(part));
        fits.then(|| format!("the backend said: {text}"))
    })
}

fn lines(call: &Call) -> impl Iterator<Item = &str> {
    call.events.iter().filter_map(|event| match event {
        Event::Stdout { line } => Some(line.as_str()),
        _ => None,
    })
}

pub(super) fn unknown_message_type(timeline: &Timeline) -> Option<String> {
    said(timeline, &["nknown message type"])
}

pub(super) fn line_too_long(timeline: &Timeline) -> Option<String> {
    said(timeline, &["maximum buffer size"])
}

pub(super) fn noise_on_stdout(timeline: &Timeline) -> Option<String> {
    let error = said(timeline, &["JSON", "Cannot read properties of null"])?;
    let noise =
        timeline.calls.iter().flat_map(lines).find(|line| {
            line.chars().count() < 4096 && serde_json::from_str::<Value>(line).is_err()
        })?;
    Some(format!("{error}; the CLI wrote the line {noise:?}"))
}

/// Chats whose texts are not what their calls wrote: the chat, what was written, what arrived.
fn differing(timeline: &Timeline) -> Vec<(&ChatSeen, Vec<String>, Vec<String>)> {
    calls::chats(timeline)
        .into_iter()
        .filter_map(|(chat, call)| {
            let written = calls::texts(call?)?;
            let arrived = chat.texts();
            (chat.end == ChatEnd::Done && written != arrived).then_some((chat, written, arrived))
        })
        .collect()
}

pub(super) fn character_cut(timeline: &Timeline) -> Option<String> {
    const LOST: char = '\u{fffd}';
    differing(timeline)
        .into_iter()
        .find_map(|(chat, written, arrived)| {
            let has = |texts: &[String]| texts.iter().any(|text| text.contains(LOST));
            (has(&arrived) && !has(&written)).then(|| {
                format!(
                    "chat {}: the CLI wrote {written:?}, the client got {arrived:?}",
                    chat.number
                )
            })
        })
}

pub(super) fn text_doubled(timeline: &Timeline) -> Option<String> {
    differing(timeline)
        .into_iter()
        .find_map(|(chat, written, arrived)| {
            let twice = written.iter().flat_map(|text| [text, text]);
            (!written.is_empty() && twice.eq(arrived.iter())).then(|| {
                format!(
                    "chat {}: each of its {} texts came twice",
                    chat.number,
                    written.len()
                )
            })
        })
}

pub(super) fn sessions_mixed_up(timeline: &Timeline) -> Option<String> {
    let all = calls::chats(timeline);
    all.iter().find_map(|(chat, call)| {
        let own = calls::texts((*call)?)?;
        let arrived = chat.texts();
        let stranger = arrived.iter().find(|text| !own.contains(text))?;
        let (other, _) = all.iter().find(|(other, call)| {
            let texts = call.and_then(calls::texts).unwrap_or_default();
            other.number != chat.number && texts.contains(stranger)
        })?;
        Some(format!(
            "chat {} got the text {stranger:?}, which is chat {}'s",
            chat.number, other.number
        ))
    })
}

pub(super) fn error_shown_as_success(timeline: &Timeline) -> Option<String> {
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        let (real, shown) = (calls::result(call?)?, chat.result()?);
        (real["is_error"] == true && shown["is_error"] == false).then(|| {
            format!(
                "chat {}: the CLI failed ({}), and a success was shown",
                chat.number, real["result"]
            )
        })
    })
}

pub(super) fn result_missing(timeline: &Timeline) -> Option<String> {
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        let none = call.is_some_and(|call| calls::result(call).is_none());
        (chat.end == ChatEnd::Done && none).then(|| {
            format!(
                "chat {}: the CLI gave no result, and the turn was shown as done",
                chat.number
            )
        })
    })
}

/// The call of a chat that hangs.
fn hanging(timeline: &Timeline) -> Option<(&ChatSeen, Option<&Call>)> {
    let mut all = calls::chats(timeline).into_iter();
    all.find(|(chat, _)| matches!(chat.end, ChatEnd::Hung(_)))
}

pub(super) fn cli_stays_after_result(timeline: &Timeline) -> Option<String> {
    let (chat, call) = hanging(timeline)?;
    calls::result(call?)?;
    chat.result()?;
    let ChatEnd::Hung(hang) = &chat.end else {
        return None;
    };
    if hang.stand_in.as_deref() == Some("stdin") {
        return None;
    }
    Some(format!(
        "chat {}: the result is there, and the CLI's process or its stdout goes on",
        chat.number
    ))
}

pub(super) fn stderr_not_drained(timeline: &Timeline) -> Option<String> {
    let (chat, _) = hanging(timeline)?;
    let ChatEnd::Hung(hang) = &chat.end else {
        return None;
    };
    (hang.stand_in.as_deref() == Some("stderr")).then(|| {
        format!(
            "chat {}: the CLI cannot write to its stderr, which nobody reads",
            chat.number
        )
    })
}

/// What a CLI that failed said on stderr, where no chat was told.
pub(super) fn reason_hidden(timeline: &Timeline) -> Option<String> {
    let told: Vec<&str> = chats(timeline).filter_map(ChatSeen::error).collect();
    if told.is_empty() {
        return None;
    }
    timeline
        .calls
        .iter()
        .flat_map(|call| &call.events)
        .find_map(|event| {
            let Event::Stderr { text } = event else {
                return None;
            };
            let hidden = !told.iter().any(|error| error.contains(text.trim()));
            hidden.then(|| {
                format!(
                    "the CLI said {text:?} on stderr; the client was told {:?}",
                    told[0]
                )
            })
        })
}

pub(super) fn environment_replaced(timeline: &Timeline) -> Option<String> {
    let had = |name: &&&str| timeline.stage.env.contains_key(**name);
    timeline.calls.iter().find_map(|call| {
        let lost: Vec<&str> = ["HOME", "PATH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]
            .iter()
            .filter(had)
            .filter(|name| !call.start.env.contains_key(**name))
            .copied()
            .collect();
        (!lost.is_empty()).then(|| {
            format!(
                "call {} had no {}, which the backend has",
                call.start.call,
                lost.join(" and ")
            )
        })
    })
}

pub(super) fn launcher_variables(timeline: &Timeline) -> Option<String> {
    timeline.calls.iter().find_map(|call| {
        let name = LAUNCHERS
            .iter()
            .find(|name| call.start.env.contains_key(**name))?;
        Some(format!(
            "call {} has {name}={}",
            call.start.call, call.start.env[*name]
        ))
    })
}

pub(super) fn unknown_flag(timeline: &Timeline) -> Option<String> {
    said(timeline, &["unknown option"])
}

pub(super) fn resume_not_found(timeline: &Timeline) -> Option<String> {
    said(timeline, &["No conversation found"])
}

pub(super) fn session_id_reused(timeline: &Timeline) -> Option<String> {
    said(timeline, &["is already in use"])
}

pub(super) fn root_skips_permissions(timeline: &Timeline) -> Option<String> {
    said(timeline, &["cannot be used with root"])
}

pub(super) fn history_elsewhere(timeline: &Timeline) -> Option<String> {
    let folder = timeline.stage.env.get("CLAUDE_CONFIG_DIR")?;
    timeline.steps.iter().find_map(|step| match step {
        StepSeen::History(seen) if !seen.project_listed && timeline.stage.conversations > 0 => {
            Some(format!(
                "the CLI keeps its files in {folder}, and the backend lists {} projects",
                seen.listed
            ))
        }
        _ => None,
    })
}

/// A whole conversation that an error keeps from being shown.
pub(super) fn conversation_refused(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| {
        let StepSeen::History(seen) = step else { return None };
        match &seen.conversation {
            Some(Answer::Came { status, .. }) if *status >= 500 && seen.readable > 0 => Some(format!(
                "{} messages of the conversation's file can be read, line by line; it was answered with {status}",
                seen.readable
            )),
            _ => None,
        }
    })
}

pub(super) fn kill_not_escalated(timeline: &Timeline) -> Option<String> {
    let aborted = timeline
        .steps
        .iter()
        .any(|step| matches!(step, StepSeen::Abort(abort) if !abort.cli_gone));
    let told = |event: &Event| matches!(event, Event::Signal { name } if name == "SIGTERM");
    let deaf = timeline.calls.iter().find(|call| {
        call.events.iter().any(told)
            && !call
                .events
                .iter()
                .any(|event| matches!(event, Event::Exit { .. }))
    })?;
    aborted.then(|| {
        format!(
            "call {} got SIGTERM, went on, and nobody sent SIGKILL",
            deaf.start.call
        )
    })
}

/// More calls than the messages allow.
pub(super) fn retry_storm(timeline: &Timeline) -> Option<String> {
    let most = chats(timeline).count() * TRIES;
    let calls = timeline.calls.len();
    (most > 0 && calls > most).then(|| {
        format!(
            "{calls} calls of the CLI for {} messages",
            chats(timeline).count()
        )
    })
}

pub(super) fn stuck_after_crash(timeline: &Timeline) -> Option<String> {
    let mut killed = false;
    for step in &timeline.steps {
        match step {
            StepSeen::Chat(chat) if killed => {
                let called = calls::chats(timeline)
                    .into_iter()
                    .any(|(it, call)| it.number == chat.number && call.is_some());
                if let (Some(error), false) = (chat.error(), called) {
                    return Some(format!(
                        "after the crash chat {} was refused without a call: {error}",
                        chat.number
                    ));
                }
            }
            StepSeen::Kill(kill) => killed |= !kill.had_ended,
            _ => {}
        }
    }
    None
}

pub(super) fn shell_probe_hangs(timeline: &Timeline) -> Option<String> {
    if timeline.last_start() != &StartSeen::Silent {
        return None;
    }
    let processes = timeline
        .watched
        .hangs
        .iter()
        .flat_map(|hang| &hang.processes);
    let mut shells =
        processes.filter(|process| process.contains("-ilc") || process.contains("-l -i -c"));
    // Its command line goes on with the wrapper's own words.
    let shell = shells.next()?.split(" -").next()?;
    Some(format!(
        "before it listens it waits for a login shell: {shell} ...`"
    ))
}

pub(super) fn broken_pipe(timeline: &Timeline) -> Option<String> {
    let log = timeline.log.iter().find(|log| log.line.contains("EPIPE"))?;
    timeline
        .stop
        .signal
        .is_none()
        .then(|| format!("it ended; its log says: {}", log.line))
}

/// How a CLI died before it said anything.
pub(super) fn cli_dies_at_start(timeline: &Timeline) -> Option<String> {
    let silent = timeline
        .calls
        .iter()
        .any(|call| lines(call).next().is_none());
    let ends = [
        "terminated by signal",
        "exited with code 132",
        "exited with code 137",
        "exited with code 134",
    ];
    said(timeline, &ends).filter(|_| silent)
}
