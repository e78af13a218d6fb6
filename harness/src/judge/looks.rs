//! What is looked at to see whether an invariant holds.

use super::calls;
use crate::timeline::{
    Answer, ChatEnd, ChatSeen, CliAfter, Ended, Leaving, Sample, StartSeen, StepSeen, SurvivorSeen,
    Timeline,
};
use mock_claude::ledger::{Call, Event};
use serde_json::Value;

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
    // A pool of a few warm processes or connections fills up, and then stays.
    const STEPS: usize = 5;
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
pub(super) fn turns(timeline: &Timeline) -> impl Iterator<Item = Option<String>> {
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

pub(super) fn unanswered(chat: &ChatSeen) -> String {
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

pub(super) fn listening_is_a_lie(timeline: &Timeline) -> Option<String> {
    let mut log = timeline.log.iter().map(|log| log.line.as_str());
    let said = log.find(|line| line.to_lowercase().contains("listening on"))?;
    let refused = log.find(|line| line.contains("EADDRINUSE"))?;
    // A monitor's next server says it of itself.
    let again = timeline
        .log
        .iter()
        .any(|log| log.line.to_lowercase().contains("restart"));
    (!again).then(|| format!("its log says {said:?}, and then {refused:?}"))
}

pub(super) fn backend_gets_ready(timeline: &Timeline) -> Option<String> {
    match timeline.last_start() {
        StartSeen::Ready { .. } | StartSeen::Stranger => None,
        StartSeen::NotSpawned { errno, .. } => Some(format!("it could not be executed: {errno}")),
        StartSeen::Exited { status } => Some(format!("it ended before it was ready: {status}")),
        StartSeen::Silent => Some("it lives, but never answered".to_owned()),
    }
}

pub(super) fn backend_survives(timeline: &Timeline) -> Option<String> {
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

pub(super) fn turn_ends(timeline: &Timeline) -> Option<String> {
    timeline.chats().find_map(|chat| match &chat.end {
        ChatEnd::CutOff => Some(format!("chat {}: the stream broke off", chat.number)),
        ChatEnd::Hung(hang) if hang.deadline => {
            Some(format!("chat {}: no end within the deadline", chat.number))
        }
        ChatEnd::Hung(_) => Some(format!("chat {}: everything stands still", chat.number)),
        _ => None,
    })
}

pub(super) fn outcome_is_told(timeline: &Timeline) -> Option<String> {
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        if chat.end != ChatEnd::Done {
            return None;
        }
        if chat.plain_text().is_some() {
            let call = call.filter(|call| calls::speaks_in_messages(call))?;
            let trouble = match calls::result(call) {
                Some(result) if result["is_error"] != true => return None,
                Some(_) => "the CLI failed, and its text was shown as an answer",
                None => "the CLI gave no result, and its text was shown as an answer",
            };
            return Some(format!("chat {}: {trouble}", chat.number));
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

pub(super) fn history_opens(timeline: &Timeline) -> Option<String> {
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
        Answer::Came { status: 200, .. } | Answer::Sent => None,
        Answer::Came { status, .. } => Some(format!("{what}: {status}")),
        Answer::Failed(why) => Some(format!("{what}: {why}")),
        Answer::Hung(_) => Some(format!("{what}: no answer")),
    }
}

/// An answered chat that gave no id of its conversation, where there is a place for one and the next message needed it.
pub(super) fn untold_session(timeline: &Timeline) -> Option<&ChatSeen> {
    let chats: Vec<&ChatSeen> = timeline.chats().collect();
    let pairs = chats.windows(2).find(|pair| {
        let (before, after) = (pair[0], pair[1]);
        let told = before.session_id().is_some() || before.looked_for.session.is_none();
        after.lost_session && before.answered() && !told
    });
    pairs.map(|pair| pair[0])
}

pub(super) fn session_is_told(timeline: &Timeline) -> Option<String> {
    let chat = untold_session(timeline)?;
    Some(format!(
        "chat {} was answered without the id of its conversation",
        chat.number
    ))
}

pub(super) fn health_answers(timeline: &Timeline) -> Option<String> {
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

pub(super) fn abort_works(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| {
        let StepSeen::Abort(abort) = step else {
            return None;
        };
        if let Some(trouble) = bad("the stop", &abort.answer) {
            return Some(trouble);
        }
        match &abort.end {
            ChatEnd::Error(_) | ChatEnd::Aborted | ChatEnd::Done
                if abort.cli != CliAfter::GoesOn =>
            {
                None
            }
            ChatEnd::Error(_) | ChatEnd::Aborted | ChatEnd::Done => {
                Some(format!("chat {} ended, but its CLI still runs", abort.chat))
            }
            _ => Some(format!("chat {} did not end", abort.chat)),
        }
    })
}

pub(super) fn disconnect_ends_the_cli(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| {
        let chat = match step {
            StepSeen::Chat(chat) if chat.cli == Some(CliAfter::GoesOn) => chat.number,
            // A backend may go on with a chat for a client that only sends no more.
            StepSeen::Left(seen)
                if seen.way == Leaving::HalfClose
                    && seen.cli == CliAfter::GoesOn
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

pub(super) fn client_comes_back(timeline: &Timeline) -> Option<String> {
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

pub(super) fn no_survivor(timeline: &Timeline) -> Option<String> {
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
