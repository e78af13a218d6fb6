//! What must hold in every run.

use super::rules::{call, control, end, stream};
use super::{calls, grammar};
use crate::timeline::{
    Answer, ChatEnd, ChatSeen, Ended, Leaving, Sample, StartSeen, StepSeen, SurvivorSeen, Timeline,
};
use mock_claude::ledger::{Call, Event};
use serde_json::Value;

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
        name: "a-client-can-come-back",
        about: "A new client finds in the history what the one before it saw of a chat.",
        broken: client_comes_back,
    },
    Invariant {
        name: "abort-works",
        about: "After a stop the chat ends and the CLI's process is gone.",
        broken: abort_works,
    },
    Invariant {
        name: "answers-are-not-empty",
        about: "An empty result of no turn is not shown as an answer (FAILURES H06).",
        broken: stream::empty_answer_shown,
    },
    Invariant {
        name: "arguments-are-short",
        about: "No argument of the CLI has more than 100 KiB (FAILURES I15).",
        broken: call::long_argument,
    },
    Invariant {
        name: "asked-session-is-resumed",
        about: "The conversation that is resumed is the one that the app asked for (FAILURES H04).",
        broken: call::another_session,
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
        broken: not_reaped,
    },
    Invariant {
        name: "descriptors-do-not-grow",
        about: "The backend does not keep more descriptors open with every answer (FAILURES I13).",
        broken: descriptors_grow,
    },
    Invariant {
        name: "detected-means-usable",
        about: "A CLI that the backend says it has found can be started (FAILURES I3).",
        broken: call::detected_but_not_usable,
    },
    Invariant {
        name: "disconnect-ends-the-cli",
        about: "When the client goes away the CLI that works for it ends.",
        broken: disconnect_ends_the_cli,
    },
    Invariant {
        name: "environment-is-clean",
        about: "The CLI gets no variable that is its launcher's, such as LD_LIBRARY_PATH or NODE_OPTIONS (FAILURES I14).",
        broken: call::launcher_variables,
    },
    Invariant {
        name: "environment-is-passed-on",
        about: "The CLI gets HOME, PATH and the proxy that the backend has (FAILURES I14).",
        broken: call::environment_replaced,
    },
    Invariant {
        name: "first-turn-answers",
        about: "The first message of the user gets an answer, or the error that the CLI itself gave.",
        broken: |t| turns(t).next().flatten(),
    },
    Invariant {
        name: "health-answers",
        about: "A health check is answered with 200.",
        broken: health_answers,
    },
    Invariant {
        name: "history-holds-nothing-up",
        about: "A health check is answered while a history is being read.",
        broken: history_holds_up,
    },
    Invariant {
        name: "history-opens",
        about: "The project is listed, its conversations are, and the newest one can be read.",
        broken: history_opens,
    },
    Invariant {
        name: "later-turns-answer",
        about: "Every later message of the user gets an answer, too, or the error that the CLI itself gave.",
        broken: |t| turns(t).skip(1).flatten().next(),
    },
    Invariant {
        name: "listeners-do-not-pile-up",
        about: "The backend's runtime warns of no leak of listeners (FAILURES I13).",
        broken: end::listeners_pile_up,
    },
    Invariant {
        name: "no-survivor",
        about: "No process of the run outlives the backend.",
        broken: no_survivor,
    },
    Invariant {
        name: "one-call-a-session",
        about: "No two processes of the CLI work on one conversation at the same time (FAILURES I9).",
        broken: call::session_run_twice,
    },
    Invariant {
        name: "outcome-is-told",
        about: "An error of the CLI is shown as an error, and a missing result is not shown as success.",
        broken: outcome_is_told,
    },
    Invariant {
        name: "permissions-are-answered",
        about: "Every question of the CLI to its client is answered, and can be asked as long as the CLI lives (FAILURES I11).",
        broken: control::liveness,
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
            (*t.last_start() == StartSeen::Stranger)
                .then(|| "a stranger answers on the port".to_owned())
        },
    },
    Invariant {
        name: "reason-is-told",
        about: "What a CLI that failed said on stderr reaches the client (FAILURES T08).",
        broken: call::reason_hidden,
    },
    Invariant {
        name: "retries-are-bounded",
        about: "One message is tried three times at most (FAILURES I17).",
        broken: call::retry_storm,
    },
    Invariant {
        name: "stand-in-keeps-the-grammar",
        about: "The stand-in says things in the order of the real CLI, wherever no fault was asked for (FAILURES I20).",
        broken: grammar::broken,
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
        name: "the-apps-own-cli-runs",
        about: "The CLI that runs is of the version that the app brings (FAILURES D05).",
        broken: call::another_cli,
    },
    Invariant {
        name: "turn-ends",
        about: "Every answer that began comes to an end that is said.",
        broken: turn_ends,
    },
];

pub(super) fn not_reaped(timeline: &Timeline) -> Option<String> {
    let zombies = &timeline.watched.zombies;
    (!zombies.is_empty()).then(|| format!("nobody waited for {}", zombies.join(", ")))
}

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

/// Chats that were to run to their end.
fn full_chats(timeline: &Timeline) -> impl Iterator<Item = &ChatSeen> {
    timeline.chats().filter(|chat| chat.end != ChatEnd::Open)
}

/// Of each chat that was to run to its end, why it has no answer.
fn turns(timeline: &Timeline) -> impl Iterator<Item = Option<String>> {
    let chats = calls::chats(timeline).into_iter();
    chats
        .filter(|(chat, _)| chat.end != ChatEnd::Open)
        .map(|(chat, call)| {
            let fine = chat.answered() || tells_what_the_cli_said(timeline, chat, call);
            (!fine).then(|| unanswered(chat))
        })
}

/// Whether the CLI itself failed, and its client was told in the CLI's own words: a backend can do no more.
fn tells_what_the_cli_said(timeline: &Timeline, chat: &ChatSeen, call: Option<&Call>) -> bool {
    let failed = |result: &Value| result["is_error"] == true;
    let real = call.and_then(calls::result).filter(failed);
    let Some(error) = chat.error() else {
        let shown = chat.result().is_some_and(failed);
        return chat.end == ChatEnd::Done && real.is_some() && shown;
    };
    let result = real.as_ref().and_then(|result| result["result"].as_str());
    // A crash is no answer, whatever was said before it.
    let orderly = timeline.calls.iter().filter(|call| call.exited());
    let mut words = orderly.flat_map(calls::stderr).chain(result).map(str::trim);
    words.any(|text| !text.is_empty() && error.contains(text))
}

fn unanswered(chat: &ChatSeen) -> String {
    let what = match &chat.end {
        ChatEnd::Error(text) => format!("was answered with the error {text:?}"),
        ChatEnd::Refused(text) => format!("was refused: {text}"),
        ChatEnd::Hung(_) => "never got an end".to_owned(),
        ChatEnd::CutOff => "was cut off".to_owned(),
        ChatEnd::Aborted => "was aborted".to_owned(),
        ChatEnd::Done if chat.result().is_none() => "ended without a result".to_owned(),
        ChatEnd::Done | ChatEnd::Open => "got an error as its result".to_owned(),
    };
    format!("chat {} {what}", chat.number)
}

fn backend_gets_ready(timeline: &Timeline) -> Option<String> {
    match timeline.last_start() {
        StartSeen::Ready { .. } | StartSeen::Stranger => None,
        StartSeen::NotSpawned { errno, .. } => Some(format!("it could not be executed: {errno}")),
        StartSeen::Exited { status } => Some(format!("it ended before it was ready: {status}")),
        StartSeen::Silent => Some("it lives, but never answered".to_owned()),
    }
}

fn backend_survives(timeline: &Timeline) -> Option<String> {
    let ended = ended_by_itself(timeline)?;
    Some(format!("it ended by itself: {ended}"))
}

/// How a backend ended that was ready and that nobody had told to end.
pub(super) fn ended_by_itself(timeline: &Timeline) -> Option<&Ended> {
    let before = timeline.steps.iter().find_map(|step| match step {
        StepSeen::Kill(seen) if seen.had_ended => Some(&seen.ended),
        _ => None,
    });
    let was_ready = matches!(timeline.last_start(), StartSeen::Ready { .. });
    let by_itself = was_ready && timeline.stop.signal.is_none() && !timeline.was_killed();
    before.or(timeline.stop.ended.as_ref().filter(|_| by_itself))
}

fn turn_ends(timeline: &Timeline) -> Option<String> {
    timeline.chats().find_map(|chat| match &chat.end {
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
        if chat.plain_text().is_some() {
            let failed = call
                .and_then(calls::result)
                .is_some_and(|it| it["is_error"] == true);
            return failed.then(|| {
                format!(
                    "chat {}: the CLI failed, and its text was shown as an answer",
                    chat.number
                )
            });
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
        // Who passes on only text may put it together, or give the last of it.
        let plain = chat.plain_text().is_some_and(|text| {
            let last = written.last().is_some_and(|last| *last == text);
            last || ["", "\n", "\n\n"]
                .iter()
                .any(|between| written.join(between) == text)
        });
        (written != arrived && !plain).then(|| {
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
        StepSeen::HealthMeanwhile(seen) if seen.failures > 0 => {
            Some("the health check while the history was opened: no answer with 200".to_owned())
        }
        _ => None,
    })
}

pub(super) fn history_holds_up(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| match step {
        StepSeen::HealthMeanwhile(seen) if seen.held_up() => {
            Some("a health check had to wait until the history was read".to_owned())
        }
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
    timeline.steps.iter().find_map(|step| {
        let chat = match step {
            StepSeen::Chat(chat) if chat.cli_left_running == Some(true) => chat.number,
            // A backend may go on with a chat for a client that only sends no more.
            StepSeen::Left(seen)
                if seen.way == Leaving::HalfClose
                    && !seen.cli_gone
                    && !matches!(seen.end, Some(ChatEnd::Hung(_))) =>
            {
                seen.chat
            }
            _ => return None,
        };
        Some(format!(
            "the client of chat {chat} went away, its CLI still runs"
        ))
    })
}

fn client_comes_back(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| {
        let StepSeen::Reconnect(seen) = step else {
            return None;
        };
        match &seen.conversation {
            Some(conversation) => bad("the conversation", conversation).or_else(|| {
                let lost = seen.lost()?;
                Some(format!("chat {}: {lost:?} is lost", seen.chat))
            }),
            None => (seen.project_known && seen.session.is_some())
                .then(|| format!("chat {}: its conversation cannot be found", seen.chat)),
        }
    })
}

fn no_survivor(timeline: &Timeline) -> Option<String> {
    let names: Vec<String> = survivors(timeline).map(ToString::to_string).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Who outlived the backend and should not have. Nobody who is killed can end its children.
pub(super) fn survivors(timeline: &Timeline) -> impl Iterator<Item = &SurvivorSeen> {
    let orphan = |call: u32| {
        timeline.steps.iter().any(|step| match step {
            StepSeen::Kill(seen) => seen.signal == "SIGKILL" && seen.calls_left.contains(&call),
            _ => false,
        })
    };
    let all = timeline.stop.survivors.iter();
    all.filter(move |survivor| !survivor.call.is_some_and(orphan))
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
    let all_done = matches!(timeline.last_start(), StartSeen::Ready { .. })
        && full_chats(timeline).all(|chat| chat.end == ChatEnd::Done);
    let unused = timeline.unused.first().filter(|_| all_done)?;
    let line = unused
        .line
        .map(|line| format!(" (line {line})"))
        .unwrap_or_default();
    Some(format!("no call took the entry {}{line}", unused.when))
}
