//! What becomes of the CLI's lines on their way to the client.

use super::super::Confidence::{Certain, Likely};
use super::super::{Rule, calls, looks};
use super::said;
use crate::timeline::{ChatEnd, ChatSeen, Frame, LookedFor, Timeline};
use mock_claude::ledger::{Call, Event, KEPT_CHARS};
use serde_json::Value;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "answer-does-not-fit",
        confidence: Certain,
        about: "The backend's requests or answers are not as its backend file says.",
        fix: "look at what came, and change the key that is named, or `driver`, in the backend file",
        cause: answer_does_not_fit,
    },
    Rule {
        id: "unknown-message-type",
        confidence: Likely,
        about: "A message of a type that the backend does not know ends the turn.",
        fix: "pass over what you do not know: every release of the CLI adds types",
        cause: unknown_message_type,
    },
    Rule {
        id: "line-too-long",
        confidence: Likely,
        about: "A line of the CLI is longer than the backend's buffer.",
        fix: "raise the limit (Python SDK: max_buffer_size) or read lines of any length",
        cause: line_too_long,
    },
    Rule {
        id: "noise-on-stdout",
        confidence: Certain,
        about: "A line on the CLI's stdout that is no JSON ends the turn.",
        fix: "pass over lines that are no JSON, and log them",
        cause: noise_on_stdout,
    },
    Rule {
        id: "character-cut",
        confidence: Certain,
        about: "A character that came in two pieces was lost.",
        fix: "decode whole lines, or keep a decoder over all pieces (StringDecoder, stream: true)",
        cause: character_cut,
    },
    Rule {
        id: "text-doubled",
        confidence: Certain,
        about: "Every text arrives twice.",
        fix: "show either the pieces or the whole message, and replay idempotently",
        cause: text_doubled,
    },
    Rule {
        id: "sessions-mixed-up",
        confidence: Certain,
        about: "One chat gets what was meant for another.",
        fix: "bind each stream to its own request or session, not to the last one",
        cause: sessions_mixed_up,
    },
    Rule {
        id: "cut-in-a-silence",
        confidence: Likely,
        about: "An answer broke off while the CLI worked on without a word: a timeout of the server or a proxy.",
        fix: "switch the server's idle timeout off for streams (Bun: idleTimeout, Node: server.timeout), or send heartbeats",
        cause: cut_in_a_silence,
    },
    Rule {
        id: "empty-answer-shown",
        confidence: Certain,
        about: "The CLI gave an empty result of no turn, and it was shown as the answer.",
        fix: "take a result with num_turns 0 and no text for a failure: send the message once more, and then tell the user",
        cause: empty_answer_shown,
    },
    Rule {
        id: "error-shown-as-success",
        confidence: Certain,
        about: "A result that is an error is shown as a success.",
        fix: "read `is_error` and `subtype`, not only `result`",
        cause: error_shown_as_success,
    },
    Rule {
        id: "result-missing",
        confidence: Certain,
        about: "The CLI is through with a turn and gave no result, and the turn is shown as done, or never ends.",
        fix: "treat an end without a result as an error, and give a turn in which nothing comes an end of its own",
        cause: result_missing,
    },
];

/// What the file says of a backend is not how it is: which key to change.
fn answer_does_not_fit(timeline: &Timeline) -> Option<String> {
    let unmapped = calls::chats(timeline)
        .into_iter()
        .find_map(|(chat, call)| refused(chat, call).or_else(|| misfit(chat, call?)));
    unmapped.or_else(|| no_session(timeline))
}

/// A message that the backend did not take, so that it never called the CLI.
fn refused(chat: &ChatSeen, call: Option<&Call>) -> Option<String> {
    if let (ChatEnd::Error(why), None, true) = (&chat.end, call, chat.looked_for.hosted) {
        let why: String = why.chars().take(200).collect();
        return Some(format!(
            "chat {}: what was started ended or failed without calling the CLI: {why}; see `driver` and `start.command`",
            chat.number
        ));
    }
    let ChatEnd::Refused(why) = &chat.end else {
        return None;
    };
    let status = chat.status.filter(|status| (400..=501).contains(status))?;
    let own = status != 500 && call.is_none();
    let way = if chat.asked.starts_with("POST") {
        "`chat.post`"
    } else {
        "`chat.connect`"
    };
    own.then(|| {
        let why: String = why.chars().take(200).collect();
        format!(
            "chat {}: {} was refused, and the CLI never called: {why}; see {way}, `chat.body`, `headers` and `driver`",
            chat.number, chat.asked
        )
    })
}

/// A response that arrived without what was looked for in it.
fn misfit(chat: &ChatSeen, call: &Call) -> Option<String> {
    let LookedFor {
        answer,
        end,
        mapped,
        ..
    } = &chat.looked_for;
    let number = chat.number;
    let worked = match calls::result(call) {
        Some(result) => result["is_error"] != true,
        None => call.exit_code() == Some(0),
    };
    let over = matches!(chat.end, ChatEnd::Done | ChatEnd::CutOff | ChatEnd::Hung(_));
    if !(worked && over) {
        return None;
    }
    let others: Vec<&str> = chat.frames.iter().filter_map(other).collect();
    if others.len() == chat.frames.len() && (chat.end == ChatEnd::Done || !others.is_empty()) {
        let kind = chat.content_type.as_deref().unwrap_or("an unknown type");
        let way = if chat.asked.starts_with("POST") {
            "; see also `chat.answer`"
        } else {
            ""
        };
        return Some(format!(
            "chat {number}: {answer} was not found in any of the {} frames of a response of type {kind}: {}{way}",
            others.len(),
            shown(&others)
        ));
    }
    // The text is there, and the end is not known as one.
    let missed = end.as_ref().filter(|_| chat.only_text)?;
    match &chat.end {
        ChatEnd::CutOff if chat.ended_in_order && (*mapped || !others.is_empty()) => Some(format!(
            "chat {number}: the response ended cleanly, but no frame matches chat.end ({missed}); the last frame: {}",
            shown(&others[others.len().saturating_sub(1)..])
        )),
        ChatEnd::Hung(_) if calls::result(call).is_some() && *mapped => Some(format!(
            "chat {number}: the CLI sent its result, but no frame received matches chat.end ({missed}); the last frame: {}",
            shown(&others[others.len().saturating_sub(1)..])
        )),
        _ => None,
    }
}

fn other(frame: &Frame) -> Option<&str> {
    match frame {
        Frame::Other(text) => Some(text),
        _ => None,
    }
}

/// The first few frames, each by its beginning.
fn shown(frames: &[&str]) -> String {
    if frames.is_empty() {
        return "none".to_owned();
    }
    let begin = |frame: &&str| frame.chars().take(120).collect::<String>();
    frames
        .iter()
        .take(3)
        .map(begin)
        .collect::<Vec<_>>()
        .join(" | ")
}

/// A conversation that nobody could go on with, although its last message was answered.
fn no_session(timeline: &Timeline) -> Option<String> {
    let chat = looks::untold_session(timeline)?;
    let place = chat.looked_for.session.as_deref()?;
    let frames: Vec<&str> = chat.frames.iter().filter_map(other).collect();
    Some(format!(
        "chat {}: chat.session ({place}) was not found in any of its frames: {}",
        chat.number,
        shown(&frames)
    ))
}

pub(super) fn unknown_message_type(timeline: &Timeline) -> Option<String> {
    said(timeline, &["nknown message type", "unknown variant"])
}

pub(super) fn line_too_long(timeline: &Timeline) -> Option<String> {
    said(timeline, &["maximum buffer size"])
}

pub(super) fn noise_on_stdout(timeline: &Timeline) -> Option<String> {
    let error = said(timeline, &["JSON", "Cannot read properties of null"])?;
    let noise = timeline.calls.iter().flat_map(calls::lines).find(|line| {
        line.chars().count() < KEPT_CHARS && serde_json::from_str::<Value>(line).is_err()
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

fn character_cut(timeline: &Timeline) -> Option<String> {
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

fn text_doubled(timeline: &Timeline) -> Option<String> {
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

fn sessions_mixed_up(timeline: &Timeline) -> Option<String> {
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

fn cut_in_a_silence(timeline: &Timeline) -> Option<String> {
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        let call = call?;
        // Its last lines may have come when nobody listened any more.
        let arrived = chat.messages().count();
        let silent = call.events.iter().any(|event| matches!(event, Event::Waiting { on } if on != "stdin"));
        let alive = looks::ended_by_itself(timeline).is_none();
        (chat.end == ChatEnd::CutOff && chat.result().is_none() && silent && alive).then(|| {
            format!(
                "chat {} broke off after {arrived} messages, while the CLI was silent and the backend lived",
                chat.number
            )
        })
    })
}

/// A result of no turn and without a word, shown as done.
pub(in crate::judge) fn empty_answer_shown(timeline: &Timeline) -> Option<String> {
    timeline.chats().find_map(|chat| {
        let result = chat.result().filter(|_| chat.answered())?;
        let empty = result["num_turns"] == 0 && result["result"] == "";
        (empty && chat.texts().is_empty())
            .then(|| format!("chat {} ended with an empty result of no turn", chat.number))
    })
}

fn error_shown_as_success(timeline: &Timeline) -> Option<String> {
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

/// Whether a call has done all that was asked of it and waits for the next message, or for the end of its stdin.
pub(super) fn waits_for_more(call: &Call) -> bool {
    call.waiting() == Some("stdin") && !call.taken().is_empty()
}

fn result_missing(timeline: &Timeline) -> Option<String> {
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        let none = chat.result().is_none()
            && call.is_some_and(|call| {
                calls::speaks_in_messages(call) && calls::result(call).is_none()
            });
        let shown = match &chat.end {
            ChatEnd::Done => "the turn was shown as done",
            ChatEnd::Hung(_) if waits_for_more(call?) => "the backend waits for one",
            _ => return None,
        };
        none.then(|| format!("chat {}: the CLI gave no result, and {shown}", chat.number))
    })
}
