//! What remains: ends without a better name, and what is left behind.

use super::super::Confidence::{Certain, Likely, Symptom};
use super::super::{Rule, calls, looks};
use super::{chat_error, last_log};
use crate::timeline::{ChatEnd, CliAfter, Timeline};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "listeners-pile-up",
        confidence: Certain,
        about: "Every turn adds a listener to something that lives longer, and few are taken away.",
        fix: "take the SDK's next version, or raise the limit where so many turns at once are meant",
        cause: listeners_pile_up,
    },
    Rule {
        id: "dies-of-epipe",
        confidence: Likely,
        about: "A write to a CLI that had gone ended the backend.",
        fix: "listen for errors on every child's stdin, and on your own stdout",
        cause: broken_pipe,
    },
    Rule {
        id: "cli-failed",
        confidence: Symptom,
        about: "The CLI ended with an error.",
        fix: "pass the CLI's stderr on to the user; it names the cause",
        cause: |t| {
            let ended = [
                "exited with code",
                "failed with exit code",
                "terminated by signal",
                "returned an error result",
                "ended without a result",
            ];
            chat_error(t, |text| ended.iter().any(|part| text.contains(part)))
                .map(|(_, text)| format!("the backend said: {}", text.replace('\n', " ")))
        },
    },
    Rule {
        id: "answer-cut-off",
        confidence: Symptom,
        about: "The stream of an answer broke off without saying how it ended.",
        fix: "end every stream with `done` or an error, also when the CLI or the server fails",
        cause: |t| {
            let chat = t.chats().find(|chat| chat.end == ChatEnd::CutOff)?;
            Some(format!(
                "chat {} broke off after {} frames",
                chat.number,
                chat.frames.len()
            ))
        },
    },
    Rule {
        id: "text-changed",
        confidence: Symptom,
        about: "The client got other texts than the CLI wrote: some are lost, doubled or out of order.",
        fix: "pass each line of the CLI on once, whole and in order, to the chat that it belongs to",
        cause: looks::text_arrives,
    },
    Rule {
        id: "abandoned-cli",
        confidence: Certain,
        about: "The backend left a CLI process behind.",
        fix: "end the CLI when its client goes away and when the backend stops",
        cause: abandoned_cli,
    },
    Rule {
        id: "leftover-processes",
        confidence: Likely,
        about: "The backend left processes behind.",
        fix: "end children when the backend stops; start them in a group that can be ended as a whole",
        cause: |t| {
            let left = looks::survivors(t).find(|one| one.call.is_none())?;
            Some(format!("{left} outlived the backend"))
        },
    },
    Rule {
        id: "missing-call",
        confidence: Certain,
        about: "A call of the CLI that the script expects never came, though every chat was answered.",
        fix: "see which message the backend answered without the CLI, or take the entry out of the script",
        cause: |t| {
            let broken = looks::calls_match_script(t);
            // A call that was refused had a message, too.
            broken.filter(|_| calls::working(t).all(|call| !call.taken().is_empty()))
        },
    },
    Rule {
        id: "backend-died",
        confidence: Symptom,
        about: "The backend ended in the middle of its work.",
        fix: "read the last lines of its log; guard stdout and child streams against errors",
        cause: |t| {
            let ended = looks::ended_by_itself(t)?;
            Some(format!("{ended}; {}", last_log(t)))
        },
    },
    Rule {
        id: "children-not-reaped",
        confidence: Certain,
        about: "Processes that have ended stay as zombies: nobody waits for them.",
        fix: "wait for the end of every process that you start; as a container's first process use an init (docker run --init, tini)",
        cause: looks::not_reaped,
    },
    Rule {
        id: "resources-grow",
        confidence: Certain,
        about: "The backend holds more after every answer, and will run out of it on a long day.",
        fix: "close what a turn opened and remove what it wrote when the turn ends, however it ends",
        cause: |t| {
            let grown = [looks::descriptors_grow(t), looks::temp_files_grow(t)];
            let grown: Vec<String> = grown.into_iter().flatten().collect();
            (!grown.is_empty()).then(|| format!("there were {}", grown.join(", and ")))
        },
    },
];

fn abandoned_cli(timeline: &Timeline) -> Option<String> {
    if let Some(chat) = timeline
        .chats()
        .find(|chat| chat.cli == Some(CliAfter::GoesOn))
    {
        return Some(format!(
            "the client of chat {} went away, and its CLI went on",
            chat.number
        ));
    }
    let left = looks::survivors(timeline).find(|one| one.call.is_some())?;
    Some(format!("{left} outlived the backend"))
}

fn broken_pipe(timeline: &Timeline) -> Option<String> {
    looks::ended_by_itself(timeline)?;
    let log = timeline.log.iter().find(|log| log.line.contains("EPIPE"))?;
    Some(format!("it ended; its log says: {}", log.line))
}

pub(in crate::judge) fn listeners_pile_up(timeline: &Timeline) -> Option<String> {
    const WARNING: &str = "MaxListenersExceededWarning";
    let mut log = timeline.log.iter();
    // The number of the process comes before it.
    let warning = log.find_map(|log| Some(&log.line[log.line.find(WARNING)?..]))?;
    Some(format!("its log says: {warning}"))
}
