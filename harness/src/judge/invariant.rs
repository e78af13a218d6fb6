//! What must hold in every run.

use super::calls;
use crate::timeline::{Answer, ChatEnd, ChatSeen, Sample, StartSeen, StepSeen, Timeline};
use mock_claude::ledger::Event;

/// Something that must hold in every run.
#[derive(Debug)]
pub struct Invariant {
    /// Its name.
    pub name: &'static str,
    /// What holds, in a sentence.
    pub about: &'static str,
    /// What was seen, where it broke.
    pub(super) broken: fn(&Timeline) -> Option<String>,
}

/// All invariants, by name.
pub fn invariants() -> &'static [Invariant] {
    INVARIANTS
}

const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "abort-works",
        about: "After a stop the chat ends and the CLI's process is gone.",
        broken: abort_works,
    },
    Invariant {
        name: "backend-gets-ready",
        about: "The backend answers over HTTP within its budget.",
        broken: backend_gets_ready,
    },
    Invariant {
        name: "backend-stops-when-told",
        about: "The backend ends by itself after SIGTERM.",
        broken: |t| {
            t.stop
                .forced
                .then(|| "it ignored SIGTERM and was killed".to_owned())
        },
    },
    Invariant {
        name: "backend-survives",
        about: "The backend lives until it is stopped.",
        broken: backend_survives,
    },
    Invariant {
        name: "calls-match-script",
        about: "Every call of the CLI is expected, and every expected call comes.",
        broken: calls_match_script,
    },
    Invariant {
        name: "children-are-reaped",
        about: "Whoever starts a process also waits for its end (FAILURES I13, zombies).",
        broken: |t| {
            let zombies = &t.watched.zombies;
            (!zombies.is_empty()).then(|| format!("nobody waited for {}", zombies.join(", ")))
        },
    },
    Invariant {
        name: "descriptors-do-not-grow",
        about: "The backend does not keep more descriptors open with every answer (FAILURES I13).",
        broken: descriptors_grow,
    },
    Invariant {
        name: "disconnect-ends-the-cli",
        about: "When the client goes away the CLI that works for it ends.",
        broken: disconnect_ends_the_cli,
    },
    Invariant {
        name: "first-turn-answers",
        about: "The first message of the user gets an answer.",
        broken: |t| full_chats(t).next().and_then(unanswered),
    },
    Invariant {
        name: "health-answers",
        about: "A health check is answered with 200.",
        broken: health_answers,
    },
    Invariant {
        name: "history-opens",
        about: "The project is listed, its conversations are, and the newest one can be read.",
        broken: history_opens,
    },
    Invariant {
        name: "later-turns-answer",
        about: "Every later message of the user gets an answer, too.",
        broken: |t| full_chats(t).skip(1).find_map(unanswered),
    },
    Invariant {
        name: "no-survivor",
        about: "No process of the run outlives the backend.",
        broken: no_survivor,
    },
    Invariant {
        name: "outcome-is-told",
        about: "An error of the CLI is shown as an error, and a missing result is not shown as success.",
        broken: outcome_is_told,
    },
    Invariant {
        name: "port-free-after-stop",
        about: "Nobody listens on the backend's port after it was stopped.",
        broken: |t| (!t.stop.port_free).then(|| "somebody still listens on the port".to_owned()),
    },
    Invariant {
        name: "ready-is-ours",
        about: "Whoever answers on the backend's port is a process of this run.",
        broken: |t| {
            (t.start == StartSeen::Stranger).then(|| "a stranger answers on the port".to_owned())
        },
    },
    Invariant {
        name: "temp-files-do-not-grow",
        about: "Temporary files do not pile up with every answer (FAILURES I13).",
        broken: temp_files_grow,
    },
    Invariant {
        name: "text-arrives",
        about: "The texts that the CLI wrote arrive at the client: all, once, in order.",
        broken: text_arrives,
    },
    Invariant {
        name: "turn-ends",
        about: "Every answer that began comes to an end that is said.",
        broken: turn_ends,
    },
];

pub(super) fn descriptors_grow(timeline: &Timeline) -> Option<String> {
    grows(timeline, "descriptors", |sample| {
        sample.descriptors.map(u64::from)
    })
}

pub(super) fn temp_files_grow(timeline: &Timeline) -> Option<String> {
    grows(timeline, "temporary files", |sample| {
        u64::try_from(sample.temp_files).ok()
    })
}

/// A number that rose with every one of at least four answers: three steps up, and none that was level.
fn grows(timeline: &Timeline, what: &str, of: fn(&Sample) -> Option<u64>) -> Option<String> {
    const STEPS: usize = 3;
    let settled = timeline
        .watched
        .samples
        .iter()
        .filter(|sample| sample.settled);
    let numbers: Vec<u64> = settled.filter_map(of).collect();
    let rises = numbers.windows(2).all(|pair| pair[0] < pair[1]);
    (numbers.len() > STEPS && rises).then(|| format!("more {what} after every answer"))
}

fn chats(timeline: &Timeline) -> impl Iterator<Item = &ChatSeen> {
    timeline.steps.iter().filter_map(|step| match step {
        StepSeen::Chat(chat) => Some(chat),
        _ => None,
    })
}

/// Chats that were to run to their end.
fn full_chats(timeline: &Timeline) -> impl Iterator<Item = &ChatSeen> {
    chats(timeline).filter(|chat| chat.end != ChatEnd::Open)
}

fn unanswered(chat: &ChatSeen) -> Option<String> {
    if chat.answered() {
        return None;
    }
    let what = match &chat.end {
        ChatEnd::Error(text) => format!("was answered with the error {text:?}"),
        ChatEnd::Refused(text) => format!("was refused: {text}"),
        ChatEnd::Hung(_) => "never got an end".to_owned(),
        ChatEnd::CutOff => "was cut off".to_owned(),
        ChatEnd::Aborted => "was aborted".to_owned(),
        ChatEnd::Done if chat.result().is_none() => "ended without a result".to_owned(),
        ChatEnd::Done | ChatEnd::Open => "got an error as its result".to_owned(),
    };
    Some(format!("chat {} {what}", chat.number))
}

fn backend_gets_ready(timeline: &Timeline) -> Option<String> {
    match &timeline.start {
        StartSeen::Ready { .. } | StartSeen::Stranger => None,
        StartSeen::NotSpawned { errno, .. } => Some(format!("it could not be executed: {errno}")),
        StartSeen::Exited { status } => Some(format!("it ended before it was ready: {status}")),
        StartSeen::Silent => Some("it lives, but never answered".to_owned()),
    }
}

fn backend_survives(timeline: &Timeline) -> Option<String> {
    let was_ready = matches!(timeline.start, StartSeen::Ready { .. });
    match (&timeline.stop.signal, &timeline.stop.ended) {
        (None, Some(ended)) if was_ready => Some(format!("it ended by itself: {ended}")),
        _ => None,
    }
}

fn turn_ends(timeline: &Timeline) -> Option<String> {
    chats(timeline).find_map(|chat| match &chat.end {
        ChatEnd::CutOff => Some(format!("chat {}: the stream broke off", chat.number)),
        ChatEnd::Hung(hang) if hang.deadline => {
            Some(format!("chat {}: no end within the deadline", chat.number))
        }
        ChatEnd::Hung(_) => Some(format!("chat {}: everything stands still", chat.number)),
        _ => None,
    })
}

fn outcome_is_told(timeline: &Timeline) -> Option<String> {
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        if chat.end != ChatEnd::Done {
            return None;
        }
        let Some(shown) = chat.result() else {
            return Some(format!(
                "chat {}: shown as done, though no result came",
                chat.number
            ));
        };
        let real = calls::result(call?)?;
        let differs = real["is_error"] != shown["is_error"];
        differs.then(|| {
            format!(
                "chat {}: the CLI said is_error {}, the client was shown {}",
                chat.number, real["is_error"], shown["is_error"]
            )
        })
    })
}

pub(super) fn text_arrives(timeline: &Timeline) -> Option<String> {
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        if chat.end != ChatEnd::Done {
            return None;
        }
        let written = calls::texts(call?)?;
        let arrived = chat.texts();
        (written != arrived).then(|| {
            format!(
                "chat {}: the CLI wrote {written:?}, the client got {arrived:?}",
                chat.number
            )
        })
    })
}

fn history_opens(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| {
        let StepSeen::History(seen) = step else {
            return None;
        };
        if let Some(trouble) = bad("the list of projects", &seen.projects) {
            return Some(trouble);
        }
        if !seen.project_listed {
            // An empty HOME has an empty list; only a conversation that lies there must be listed.
            return (seen.on_disk > 0).then(|| {
                format!(
                    "the project is not listed, though {} of its conversations lie on disk",
                    seen.on_disk
                )
            });
        }
        if let Some(trouble) = seen
            .histories
            .as_ref()
            .and_then(|answer| bad("the conversations", answer))
        {
            return Some(trouble);
        }
        if seen.conversations != seen.on_disk {
            return Some(format!(
                "{} conversations are listed, {} lie on disk",
                seen.conversations, seen.on_disk
            ));
        }
        if let Some(trouble) = seen
            .conversation
            .as_ref()
            .and_then(|answer| bad("the conversation", answer))
        {
            return Some(trouble);
        }
        if seen.on_disk > 0 && seen.messages == 0 {
            return Some("the newest conversation has no messages".to_owned());
        }
        (seen.shown < seen.readable).then(|| {
            format!(
                "{} of the newest conversation's {} readable messages are shown",
                seen.shown, seen.readable
            )
        })
    })
}

fn bad(what: &str, answer: &Answer) -> Option<String> {
    match answer {
        Answer::Came { status: 200, .. } => None,
        Answer::Came { status, .. } => Some(format!("{what}: {status}")),
        Answer::Failed(why) => Some(format!("{what}: {why}")),
        Answer::Hung(_) => Some(format!("{what}: no answer")),
    }
}

fn health_answers(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| match step {
        StepSeen::Health(answer) => bad("the health check", answer),
        _ => None,
    })
}

fn abort_works(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| {
        let StepSeen::Abort(abort) = step else {
            return None;
        };
        if let Some(trouble) = bad("the stop", &abort.answer) {
            return Some(trouble);
        }
        match &abort.end {
            ChatEnd::Error(_) | ChatEnd::Aborted | ChatEnd::Done if abort.cli_gone => None,
            ChatEnd::Error(_) | ChatEnd::Aborted | ChatEnd::Done => {
                Some(format!("chat {} ended, but its CLI still runs", abort.chat))
            }
            _ => Some(format!("chat {} did not end", abort.chat)),
        }
    })
}

fn disconnect_ends_the_cli(timeline: &Timeline) -> Option<String> {
    chats(timeline).find_map(|chat| {
        (chat.cli_left_running == Some(true)).then(|| {
            format!(
                "the client of chat {} went away, its CLI still runs",
                chat.number
            )
        })
    })
}

fn no_survivor(timeline: &Timeline) -> Option<String> {
    let survivors = &timeline.stop.survivors;
    let names: Vec<String> = survivors.iter().map(ToString::to_string).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

pub(super) fn calls_match_script(timeline: &Timeline) -> Option<String> {
    let unmatched = timeline
        .calls
        .iter()
        .flat_map(|call| &call.events)
        .find_map(|event| match event {
            Event::Unmatched { message, .. } => Some(message.clone()),
            _ => None,
        });
    if unmatched.is_some() {
        return unmatched;
    }
    // Where a chat failed, or the backend never served one, calls that did not come are its consequence.
    let all_done = matches!(timeline.start, StartSeen::Ready { .. })
        && full_chats(timeline).all(|chat| chat.end == ChatEnd::Done);
    let unused = timeline.unused.first().filter(|_| all_done)?;
    let line = unused
        .line
        .map(|line| format!(" (line {line})"))
        .unwrap_or_default();
    Some(format!("no call took the entry {}{line}", unused.when))
}
