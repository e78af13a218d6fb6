//! Turns that do not end, or not when they should.

use super::super::Confidence::{Certain, Likely, Symptom};
use super::super::{Rule, calls};
use super::stream::{line_too_long, noise_on_stdout, unknown_message_type, waits_for_more};
use crate::timeline::{Answer, ChatEnd, ChatSeen, CliAfter, StepSeen, Timeline};
use mock_claude::ledger::{Call, Event};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "kill-not-escalated",
        confidence: Certain,
        about: "A CLI that does not react to SIGTERM goes on.",
        fix: "send SIGKILL after a grace, to the whole group",
        cause: kill_not_escalated,
    },
    Rule {
        id: "abort-ignored",
        confidence: Certain,
        about: "The user's stop did not stop the CLI.",
        fix: "end the CLI's process on abort, by SIGTERM and then SIGKILL, and end the stream",
        cause: abort_ignored,
    },
    Rule {
        id: "stuck-after-crash",
        confidence: Likely,
        about: "After a crash a conversation stays busy for ever.",
        fix: "keep no state on disk that only a running process can end, or clear it at start",
        cause: stuck_after_crash,
    },
    Rule {
        id: "unexpected-call",
        confidence: Certain,
        about: "The CLI was called in a way that the script does not expect.",
        fix: "extend the script, or mend what the backend passes to the CLI",
        cause: |t| {
            t.calls
                .iter()
                .flat_map(|call| &call.events)
                .find_map(|event| match event {
                    Event::Unmatched { message, .. } => Some(message.clone()),
                    _ => None,
                })
        },
    },
    Rule {
        id: "cli-stays-after-result",
        confidence: Certain,
        about: "The turn waits for the end of a CLI that has given its result.",
        fix: "end the turn at the result, and the process after a grace",
        cause: cli_stays_after_result,
    },
    Rule {
        id: "stderr-not-drained",
        confidence: Certain,
        about: "The CLI stands still because its stderr is full.",
        fix: "read stderr all the time, or give it /dev/null or a file",
        cause: stderr_not_drained,
    },
    Rule {
        id: "stdin-left-open",
        confidence: Certain,
        about: "The CLI waits for the end of its stdin, which the backend neither writes to nor closes.",
        fix: "close the CLI's stdin once the prompt is written, or give it /dev/null when the prompt is an argument",
        cause: |t| {
            calls::chats(t).into_iter().find_map(|(chat, call)| {
                let through = |call| waits_for_more(call) && calls::result(call).is_none();
                match &chat.end {
                    ChatEnd::Hung(hang)
                        if hang.stand_in.as_deref() == Some("stdin")
                            && !call.is_some_and(through) =>
                    {
                        Some(format!(
                            "chat {}: the CLI waits for the end of its stdin",
                            chat.number
                        ))
                    }
                    _ => None,
                }
            })
        },
    },
    Rule {
        id: "answer-held-back",
        confidence: Likely,
        about: "What the CLI says reaches the client only when the answer is complete.",
        fix: "send every line at once: no compression, no buffering proxy (X-Accel-Buffering: no), flush after each line",
        cause: answer_held_back,
    },
    Rule {
        id: "cli-stalled",
        confidence: Likely,
        about: "The CLI stopped in the middle of a turn, and the backend ended it.",
        fix: "tell the user, and offer to send the message again; where the CLI waits for a long tool, give the turn a longer budget",
        cause: cli_stalled,
    },
    Rule {
        id: "cli-hangs",
        confidence: Symptom,
        about: "The CLI itself does not go on.",
        fix: "give turns a budget in the backend and tell the user when it runs out",
        cause: |t| hang(t, true),
    },
    Rule {
        id: "backend-hangs",
        confidence: Symptom,
        about: "The backend stands still although the CLI does not hold it up.",
        fix: "look at what the backend waits for: the process list, the last frames, the open request",
        cause: |t| hang(t, false),
    },
];

fn abort_ignored(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| match step {
        StepSeen::Abort(abort) if abort.cli == CliAfter::GoesOn => {
            let answer = match (&abort.answer, abort.answer.status()) {
                (Answer::Sent, _) => "was sent".to_owned(),
                (_, Some(status)) => format!("was answered with {status}"),
                (_, None) => "was answered with nothing".to_owned(),
            };
            let chat = abort.chat;
            Some(format!(
                "the stop of chat {chat} {answer}, and its CLI went on"
            ))
        }
        _ => None,
    })
}

/// Whether a chat hangs, and whether the stand-in is what it waits for.
fn hang(timeline: &Timeline, in_cli: bool) -> Option<String> {
    timeline.chats().find_map(|chat| {
        let ChatEnd::Hung(hang) = &chat.end else {
            return None;
        };
        let waits = hang.stand_in.as_deref();
        match (waits, in_cli) {
            (Some(on), true) if on != "stdin" => {
                Some(format!("chat {}: the CLI waits on {on}", chat.number))
            }
            (None, false) => Some(format!(
                "chat {}: nothing moves; the processes are {}",
                chat.number,
                hang.processes.join("; ")
            )),
            _ => None,
        }
    })
}

/// The call of a chat that hangs.
fn hanging(timeline: &Timeline) -> Option<(&ChatSeen, Option<&Call>)> {
    let mut all = calls::chats(timeline).into_iter();
    all.find(|(chat, _)| matches!(chat.end, ChatEnd::Hung(_)))
}

fn answer_held_back(timeline: &Timeline) -> Option<String> {
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        let written = calls::texts(call?)?;
        let stands = matches!(chat.end, ChatEnd::Hung(_)) && chat.frames.is_empty();
        let first = written.first().filter(|_| stands)?;
        Some(format!(
            "chat {}: the CLI wrote {first:?} and waits; nothing of it has reached the client",
            chat.number
        ))
    })
}

fn cli_stays_after_result(timeline: &Timeline) -> Option<String> {
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

fn cli_stalled(timeline: &Timeline) -> Option<String> {
    // A backend that gives up at a line ends a CLI that may well go on.
    let lines = [noise_on_stdout, unknown_message_type, line_too_long];
    if lines.iter().any(|gives_up| gives_up(timeline).is_some()) {
        return None;
    }
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        let (error, call) = (chat.error()?, call?);
        (calls::result(call).is_none() && ended_while_waiting(call)).then(|| {
            format!(
                "chat {}: the CLI stood still without a result, and was told to end; the backend said: {error}",
                chat.number
            )
        })
    })
}

/// Whether SIGTERM came while the stand-in did not go on by itself.
fn ended_while_waiting(call: &Call) -> bool {
    let mut waits = false;
    call.events.iter().any(|event| {
        match event {
            Event::Waiting { on } => waits = on != "stdin",
            Event::Resumed => waits = false,
            _ => {}
        }
        waits && matches!(event, Event::Signal { name } if name == "SIGTERM")
    })
}

fn stderr_not_drained(timeline: &Timeline) -> Option<String> {
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

fn kill_not_escalated(timeline: &Timeline) -> Option<String> {
    let aborted = timeline
        .steps
        .iter()
        .any(|step| matches!(step, StepSeen::Abort(abort) if abort.cli == CliAfter::GoesOn));
    let told = |event: &Event| matches!(event, Event::Signal { name } if name == "SIGTERM");
    let deaf = timeline
        .calls
        .iter()
        .find(|call| call.events.iter().any(told) && !call.exited())?;
    aborted.then(|| {
        format!(
            "call {} got SIGTERM, went on, and nobody sent SIGKILL",
            deaf.start.call
        )
    })
}

fn stuck_after_crash(timeline: &Timeline) -> Option<String> {
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
