//! The lines of an outcome.

use super::Section;
use super::repeats::Repeats;
use crate::judge::Judgement;
use crate::stage::electron::AppEvent;
use crate::timeline::{
    AbortSeen, Answer, ChatEnd, ChatSeen, CliAfter, Frame, Hang, HistorySeen, LogLine, StartSeen,
    StepSeen, StopSeen, Timeline,
};
use mock_claude::ledger::{Call, Event};
use serde_json::Value;

/// What was seen.
pub(super) fn seen(timeline: &Timeline) -> Vec<Section> {
    let mut sections = vec![Section {
        label: "backend".to_owned(),
        lines: start(timeline),
    }];
    let repeats = Repeats::of(timeline);
    let steps = timeline.steps.iter().map(self::step);
    sections.extend(repeats.folded("chat", steps.collect()));
    if timeline.calls.is_empty() {
        sections.push(one("claude", "never called"));
    }
    let calls = timeline.calls.iter().map(|call| Section {
        label: format!("claude {}", call.start.call),
        lines: self::call(call, &timeline.stop),
    });
    sections.extend(repeats.folded("claude", calls.collect()));
    for AppEvent::SecondAppInstance { argv, .. } in &timeline.app_instances {
        sections.push(one(
            "app",
            &format!("a second instance was started as {argv:?}"),
        ));
    }
    sections.push(one("stop", &stop(&timeline.stop)));
    if !timeline.stop.hidden.is_empty() {
        let names: Vec<String> = timeline
            .stop
            .hidden
            .iter()
            .map(ToString::to_string)
            .collect();
        let names = names.join(", ");
        let by = timeline.stop.hidden_by;
        let text = format!("{names}: ended by the launcher ({by}); elsewhere a survivor");
        sections.push(one("hidden", &text));
    }
    for leak in timeline.stage.leaks.iter().filter(|leak| leak.used) {
        let (name, way, path) = (&leak.name, &leak.way, leak.path.display());
        let text = format!("`{name}` was found outside of the stage, by {way}: {path}");
        sections.push(one("leak", &text));
    }
    let left = left(timeline);
    if !left.is_empty() {
        sections.push(Section {
            label: "left".to_owned(),
            lines: left,
        });
    }
    sections
}

/// What was left that is no process: only where there is something.
fn left(timeline: &Timeline) -> Vec<String> {
    let watched = &timeline.watched;
    let mut lines: Vec<String> = watched
        .zombies
        .iter()
        .map(|zombie| format!("a zombie: {zombie}"))
        .collect();
    if let Some(stop) = watched.samples.last().filter(|last| last.after == "stop") {
        let listening = stop.conditions.iter().filter(|one| !one.listens.is_empty());
        lines.extend(
            listening.map(|one| format!("a listener: `{}`", one.process.command.join(" "))),
        );
    }
    let outside = watched.outside.iter();
    lines.extend(outside.map(|path| format!("written away from the stage: {}", path.display())));
    lines
}

/// What it means.
pub(super) fn judged(judgement: &Judgement) -> Vec<Section> {
    let mut sections = Vec::new();
    if !judgement.broken.is_empty() {
        let names: Vec<&str> = judgement
            .broken
            .iter()
            .map(|broken| broken.invariant)
            .collect();
        sections.push(one("broken", &names.join(", ")));
    }
    if let Some(diagnosis) = &judgement.diagnosis {
        let mut lines = vec![format!("{}: {}", diagnosis.id, diagnosis.cause)];
        lines.extend(diagnosis.fix.map(|fix| format!("fix: {fix}")));
        sections.push(Section {
            label: "diagnosis".to_owned(),
            lines,
        });
    }
    for also in &judgement.also {
        sections.push(one("also", &format!("{}: {}", also.id, also.cause)));
    }
    sections
}

pub(super) fn one(label: &str, line: &str) -> Section {
    Section {
        label: label.to_owned(),
        lines: vec![line.to_owned()],
    }
}

fn start(timeline: &Timeline) -> Vec<String> {
    start_lines(&timeline.start, &timeline.log)
}

/// How a start went, with the last lines of `log` where that may say why it failed.
pub(super) fn start_lines(start: &StartSeen, log: &[LogLine]) -> Vec<String> {
    match start {
        StartSeen::Ready { route } => vec![format!("ready by {route}")],
        StartSeen::NotSpawned { errno, program } => {
            vec![format!(
                "could not be executed: {errno}, {}",
                program.display()
            )]
        }
        StartSeen::Stranger => vec!["never ready: a stranger answers on its port".to_owned()],
        StartSeen::Silent => vec!["never ready: it lives, but does not answer".to_owned()],
        StartSeen::Exited { status } => {
            let mut lines = vec![format!("never ready: {status}")];
            lines.extend(
                log.iter()
                    .rev()
                    .take(3)
                    .rev()
                    .map(|log| format!("log {:?}", log.line)),
            );
            lines
        }
    }
}

fn step(step: &StepSeen) -> Section {
    match step {
        StepSeen::Chat(chat) => Section {
            label: format!("chat {}", chat.number),
            lines: self::chat(chat),
        },
        StepSeen::History(history) => Section {
            label: "history".to_owned(),
            lines: self::history(history),
        },
        StepSeen::Health(answer) => one("health", &self::answer(answer)),
        StepSeen::Abort(abort) => Section {
            label: "abort".to_owned(),
            lines: self::abort(abort),
        },
        other => super::steps::section(other),
    }
}

fn chat(chat: &ChatSeen) -> Vec<String> {
    let mut lines = Vec::new();
    if chat.lost_session {
        lines.push("no id of its conversation is known: it begins a new one".to_owned());
    }
    if let Some(status) = chat.status {
        lines.push(format!(
            "{status} {}",
            chat.content_type.as_deref().unwrap_or_default()
        ));
    }
    // However many pieces it came in.
    lines.extend(
        chat.plain_text()
            .map(|text| format!("text   {}", quoted(&text))),
    );
    for frame in &chat.frames {
        match frame {
            Frame::Text(_) => {}
            // What is no text is of the protocol, with ids and times of its own.
            Frame::Other(_) if chat.only_text => {}
            Frame::Claude(message) => lines.extend(self::message(message)),
            Frame::Other(text) => lines.push(format!("other  {}", quoted(text))),
        }
    }
    let others = chat
        .frames
        .iter()
        .filter(|it| matches!(it, Frame::Other(_)))
        .count();
    if chat.only_text && others > 0 && chat.plain_text().is_none() {
        lines.push("no text in any frame".to_owned());
    }
    lines.extend(end(&chat.end));
    let cli = chat.cli.map(cli_after);
    lines.extend(cli.map(|cli| format!("left by the client; {cli}")));
    lines
}

fn message(message: &Value) -> Vec<String> {
    let kind = message["type"].as_str().unwrap_or("?");
    match kind {
        "system" => {
            let subtype = message["subtype"].as_str().unwrap_or("?");
            let session = message["session_id"].as_str().unwrap_or("?");
            let what = if subtype == "init" {
                format!(" session {session}")
            } else {
                String::new()
            };
            vec![format!("{subtype}{what}")]
        }
        "assistant" | "user" => blocks(kind, message),
        "result" => {
            let subtype = message["subtype"].as_str().unwrap_or("?");
            let flag = if message["is_error"] == Value::Bool(true) {
                " is_error"
            } else {
                ""
            };
            let text = message["result"].as_str().map(quoted).unwrap_or_default();
            vec![
                format!("result {subtype}{flag} {text}")
                    .trim_end()
                    .to_owned(),
            ]
        }
        other => vec![other.to_owned()],
    }
}

fn blocks(kind: &str, message: &Value) -> Vec<String> {
    let content = &message["message"]["content"];
    if let Some(text) = content.as_str() {
        return vec![format!("{kind}  {}", quoted(text))];
    }
    let blocks = content.as_array().map(Vec::as_slice).unwrap_or_default();
    blocks.iter().map(block).collect()
}

fn block(block: &Value) -> String {
    match block["type"].as_str().unwrap_or("?") {
        "text" => format!(
            "says   {}",
            quoted(block["text"].as_str().unwrap_or_default())
        ),
        "thinking" => format!(
            "thinks {}",
            quoted(block["thinking"].as_str().unwrap_or_default())
        ),
        "tool_use" => format!(
            "uses   {} {}",
            block["name"].as_str().unwrap_or("?"),
            block["input"]
        ),
        "tool_result" => {
            let text = block["content"]
                .as_str()
                .map_or_else(|| block["content"].to_string(), quoted);
            let flag = if block["is_error"] == Value::Bool(true) {
                "error "
            } else {
                ""
            };
            format!("tool   {flag}{text}")
        }
        other => other.to_owned(),
    }
}

pub(super) fn end(end: &ChatEnd) -> Vec<String> {
    match end {
        ChatEnd::Done => vec!["done".to_owned()],
        ChatEnd::Error(text) => vec![format!("error  {}", quoted(text))],
        ChatEnd::Aborted => vec!["aborted".to_owned()],
        ChatEnd::Open => vec!["still open".to_owned()],
        ChatEnd::CutOff => vec!["the stream broke off".to_owned()],
        ChatEnd::Refused(text) => vec![format!("refused {text}")],
        ChatEnd::Hung(hang) => hung(hang),
    }
}

fn hung(hang: &Hang) -> Vec<String> {
    let mut lines = vec![if hang.deadline {
        "no end within the deadline".to_owned()
    } else {
        "hangs: everything stands still".to_owned()
    }];
    lines.extend(
        hang.stand_in
            .iter()
            .map(|on| format!("claude waits on {on}")),
    );
    for (way, line) in [
        ("last to claude", &hang.last_in),
        ("last from claude", &hang.last_out),
    ] {
        lines.extend(
            line.iter()
                .flat_map(|line| frame(line))
                .map(|shown| format!("{way}: {shown}")),
        );
    }
    lines.extend(
        hang.processes
            .iter()
            .map(|process| format!("process {process}")),
    );
    lines
}

/// A line of the protocol, in short.
fn frame(line: &str) -> Vec<String> {
    match serde_json::from_str::<Value>(line) {
        Ok(message) if message.is_object() => self::message(&message),
        _ => vec![quoted(line)],
    }
}

fn history(seen: &HistorySeen) -> Vec<String> {
    let mut lines = vec![format!(
        "projects {}, this one {}",
        answer(&seen.projects),
        if seen.project_listed {
            "is listed"
        } else {
            "is not listed"
        }
    )];
    if let Some(histories) = &seen.histories {
        lines.push(format!(
            "conversations {}: {} of {} on disk",
            answer(histories),
            seen.conversations,
            seen.on_disk
        ));
    }
    if let Some(conversation) = &seen.conversation {
        lines.push(format!(
            "newest {}: {} messages",
            answer(conversation),
            seen.messages
        ));
    }
    lines
}

pub(super) fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Came { status, body } if *status >= 400 => format!("{status} {body}"),
        Answer::Came { status, .. } => status.to_string(),
        Answer::Sent => "sent".to_owned(),
        Answer::Failed(why) => format!("failed ({why})"),
        Answer::Hung(_) => "hangs".to_owned(),
    }
}

fn abort(seen: &AbortSeen) -> Vec<String> {
    let mut lines = vec![format!("chat {}: {}", seen.chat, answer(&seen.answer))];
    lines.extend(end(&seen.end));
    lines.push(cli_after(seen.cli).to_owned());
    lines
}

pub(super) fn cli_after(cli: CliAfter) -> &'static str {
    match cli {
        CliAfter::Ended => "its CLI ended",
        CliAfter::Waits => "its CLI waits for the next message",
        CliAfter::GoesOn => "its CLI goes on",
    }
}

fn call(call: &Call, stop: &StopSeen) -> Vec<String> {
    let face = &call.start.face;
    let argv: Vec<String> = call.start.argv.iter().map(|arg| shell_word(arg)).collect();
    let mut lines = vec![
        format!("{face} {}", argv.join(" ")),
        format!("in {}", call.start.cwd.display()),
    ];
    let mut ended = None;
    for event in &call.events {
        match event {
            Event::Signal { name } => lines.push(format!("got {name}")),
            Event::Unmatched { message, .. } => lines.push(message.clone()),
            Event::LifelineLost => lines.push("its parent was killed".to_owned()),
            Event::Exit { code } => ended = Some(*code),
            _ => {}
        }
    }
    let survives = stop
        .survivors
        .iter()
        .any(|one| one.call == Some(call.start.call));
    lines.push(match ended {
        Some(code) => format!("exit {code}"),
        None if survives => "still runs".to_owned(),
        None => "killed".to_owned(),
    });
    lines
}

fn stop(stop: &StopSeen) -> String {
    let ended = stop
        .ended
        .as_ref()
        .map_or_else(|| "never started".to_owned(), ToString::to_string);
    let how = match &stop.signal {
        Some(signal) if stop.forced => format!("{signal} ignored, killed"),
        Some(signal) => format!("{signal} -> {ended}"),
        None => format!("had ended before: {ended}"),
    };
    let survivors = if stop.survivors.is_empty() {
        "no survivor".to_owned()
    } else {
        let names: Vec<String> = stop.survivors.iter().map(ToString::to_string).collect();
        format!("survivors {}", names.join(", "))
    };
    let port = if stop.port_free {
        "port free"
    } else {
        "port taken"
    };
    format!("{how}, {survivors}, {port}")
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        quoted(word)
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}
