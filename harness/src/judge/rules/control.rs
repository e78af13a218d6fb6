//! What the CLI and its client ask each other while a turn runs: the handshake, and permissions.

use super::super::Confidence::{Certain, Likely};
use super::super::{Rule, calls};
use super::said;
use crate::timeline::{ChatEnd, Timeline};
use mock_claude::ledger::{Call, Event};
use serde_json::Value;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "initialize-unanswered",
        confidence: Likely,
        about: "The SDK gave up waiting for the CLI's answer to `initialize`.",
        fix: "say that the CLI is still starting (MCP servers keep it), end that process before another try, and try once",
        cause: initialize_unanswered,
    },
    Rule {
        id: "permission-unanswered",
        confidence: Certain,
        about: "The CLI asked for permission, or asked the user a question, and got no answer.",
        fix: "show every request to the user, questions and plans too, or deny it by a policy after a while",
        cause: permission_unanswered,
    },
    Rule {
        id: "stdin-closed-too-early",
        confidence: Certain,
        about: "The CLI had a question for the user, and its stdin was closed already.",
        fix: "keep the input open until the result: with 1.0 SDKs and `canUseTool`, let the prompt's iterator end only then",
        cause: stdin_closed_too_early,
    },
    Rule {
        id: "permission-answer-unknown",
        confidence: Certain,
        about: "The backend answered a request for permission in words that this CLI does not know.",
        fix: "answer with `behavior: allow` and `updatedInput`, or `behavior: deny` and `message`; an old SDK may know others only",
        cause: permission_answer_unknown,
    },
    Rule {
        id: "approval-failed",
        confidence: Certain,
        about: "The backend answered a request for permission with an error.",
        fix: "let a request wait as long as the CLI lives, or deny it with a text that says that it expired",
        cause: |t| {
            let (call, tool, error) = t.calls.iter().find_map(|call| {
                let asked = questions(call).into_iter();
                let failed = asked.filter_map(|asked| Some((asked.tool, asked.answer?)));
                let mut failed = failed.filter_map(|(tool, answer)| Some((tool, answer.err()?)));
                failed.next().map(|(tool, error)| (call, tool, error))
            })?;
            let number = call.start.call;
            Some(format!(
                "call {number} asked whether {tool} may run; the answer was the error {error:?}"
            ))
        },
    },
];

/// A question of the CLI to its client.
struct Question {
    tool: String,
    /// Its answer: that of the client, or the error that it gave instead.
    answer: Option<Result<(), String>>,
}

fn json(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok()
}

/// Whether a tool may run, as asked in a call.
fn questions(call: &Call) -> Vec<Question> {
    let answers: Vec<Value> = call.stdin().into_iter().filter_map(json).collect();
    let answer = |id: &Value| {
        let mut given = answers
            .iter()
            .filter(|line| line["type"] == "control_response");
        let response = &given.find(|line| line["response"]["request_id"] == *id)?["response"];
        Some(match response["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(()),
        })
    };
    calls::lines(call)
        .filter_map(json)
        .filter(|line| line["request"]["subtype"] == "can_use_tool")
        .map(|line| Question {
            tool: line["request"]["tool_name"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            answer: answer(&line["request_id"]),
        })
        .collect()
}

/// What a tool got as its result that could not be asked about.
fn refused(call: &Call) -> Option<&str> {
    let mut lines = calls::lines(call);
    lines.find(|line| line.contains("Tool permission request failed"))
}

/// A question that nobody answered, or with an error (FAILURES I11).
pub(in crate::judge) fn liveness(timeline: &Timeline) -> Option<String> {
    timeline.calls.iter().find_map(|call| {
        let number = call.start.call;
        if refused(call).is_some() {
            return Some(format!(
                "call {number} asked its client, and could do nothing with what came of it"
            ));
        }
        // Who ended meanwhile needs no answer any more.
        let ended = call.signals().contains(&"SIGTERM") || call.killed();
        let open = questions(call)
            .into_iter()
            .find(|asked| match &asked.answer {
                None => !ended,
                Some(answer) => answer.is_err(),
            })?;
        Some(format!(
            "call {number} asked whether {} may run, and got no answer",
            open.tool
        ))
    })
}

fn initialize_unanswered(timeline: &Timeline) -> Option<String> {
    let said = said(timeline, &["Control request timeout: initialize"])?;
    let asked = timeline.calls.iter().find(|call| {
        let lines = call.stdin();
        lines.iter().any(|line| line.contains("\"initialize\""))
    })?;
    Some(format!(
        "call {} got `initialize` and never answered it; {said}",
        asked.start.call
    ))
}

fn stdin_closed_too_early(timeline: &Timeline) -> Option<String> {
    timeline.calls.iter().find_map(|call| {
        let closed = call.events.contains(&Event::StdinEnd);
        let line = refused(call).filter(|line| closed && line.contains("tream closed"))?;
        let text = json(line)?["message"]["content"][0]["content"]
            .as_str()?
            .to_owned();
        Some(format!(
            "call {}: its stdin had ended; the tool's result is {text:?}",
            call.start.call
        ))
    })
}

fn permission_answer_unknown(timeline: &Timeline) -> Option<String> {
    timeline.calls.iter().find_map(|call| {
        let mut asked = questions(call).into_iter();
        let answered = asked.find(|asked| matches!(asked.answer, Some(Ok(()))))?;
        refused(call).filter(|line| line.contains("invalid_union"))?;
        Some(format!(
            "call {} asked whether {} may run, was answered, and did not understand the answer",
            call.start.call, answered.tool
        ))
    })
}

fn permission_unanswered(timeline: &Timeline) -> Option<String> {
    calls::chats(timeline).into_iter().find_map(|(chat, call)| {
        let call = call?;
        let open = questions(call)
            .into_iter()
            .find(|asked| asked.answer.is_none())?;
        matches!(chat.end, ChatEnd::Hung(_)).then(|| {
            format!(
                "chat {}: the CLI asked whether {} may run, and waits for the answer",
                chat.number, open.tool
            )
        })
    })
}
