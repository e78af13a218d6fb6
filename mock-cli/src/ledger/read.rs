//! Reading a ledger back.

use super::{Call, Event, Start, milliseconds};
use crate::order;
use crate::protocol::decode::Lines;
use std::fs;
use std::io;
use std::path::Path;

/// All calls of a ledger, in the order of their numbers; a folder that is not there has none.
///
/// A call that is being written, or was killed, may end in half a line: that line is left out, and so is a file
/// without a whole first line. Everything else that is not as the stand-in writes it is an error.
///
/// # Errors
/// Where a file cannot be read, or holds what is no event.
pub fn read(dir: &Path) -> io::Result<Vec<Call>> {
    let mut calls = Vec::new();
    let entries = match fs::read_dir(dir.join("calls")) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(calls),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "jsonl")
            && let Some(mut call) = parse(&fs::read(&path)?).map_err(|e| at(&path, &e))?
        {
            call.last_ms = fs::metadata(&path)?.modified().map_or(0, milliseconds);
            calls.push(call);
        }
    }
    order::sort_by_key(&mut calls, |call| call.start.call);
    Ok(calls)
}

fn at(path: &Path, error: &serde_json::Error) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{}: {error}", path.display()),
    )
}

fn parse(bytes: &[u8]) -> Result<Option<Call>, serde_json::Error> {
    let mut events = Vec::new();
    // What follows the last line end is the half of a line.
    let mut lines = Lines::new();
    lines.feed(bytes);
    for line in lines {
        events.push(serde_json::from_slice::<Event>(&line.bytes)?);
    }
    if events.is_empty() {
        return Ok(None);
    }
    match events.remove(0) {
        Event::Start(start) => Ok(Some(Call {
            start,
            events,
            last_ms: 0,
        })),
        _ => Err(serde::de::Error::custom("the first event is not the start")),
    }
}

impl Call {
    /// Whether the process ended in an orderly way, not by a signal.
    pub fn exited(&self) -> bool {
        let mut events = self.events.iter();
        events.any(|event| matches!(event, Event::Exit { .. }))
    }

    fn each<'a, T>(&'a self, pick: impl Fn(&'a Event) -> Option<T>) -> Vec<T> {
        self.events.iter().filter_map(pick).collect()
    }

    /// The exit code; None for a call that was killed or still runs.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        self.events.iter().rev().find_map(|event| match event {
            Event::Exit { code } => Some(*code),
            _ => None,
        })
    }

    /// Whether the process ended without a word (or still runs): no exit event.
    #[must_use]
    pub fn killed(&self) -> bool {
        self.exit_code().is_none()
    }

    /// The prompts that were answered or found no answer, in order.
    #[must_use]
    pub fn prompts(&self) -> Vec<&str> {
        self.each(|event| match event {
            Event::Take { prompt, .. }
            | Event::Unmatched {
                prompt: Some(prompt),
                ..
            } => Some(prompt.as_str()),
            _ => None,
        })
    }

    /// The entries that were taken, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<usize> {
        self.each(|event| match event {
            Event::Take { entry, .. } => Some(*entry),
            _ => None,
        })
    }

    /// What was said about a prompt that nothing in the script fits.
    #[must_use]
    pub fn unmatched(&self) -> Option<&str> {
        self.events.iter().find_map(|event| match event {
            Event::Unmatched { message, .. } => Some(message.as_str()),
            _ => None,
        })
    }

    /// The signals that arrived, in order.
    #[must_use]
    pub fn signals(&self) -> Vec<&str> {
        self.each(|event| match event {
            Event::Signal { name } => Some(name.as_str()),
            _ => None,
        })
    }

    /// The lines of stdin, or its whole text.
    #[must_use]
    pub fn stdin(&self) -> Vec<&str> {
        self.each(|event| match event {
            Event::Stdin { text } => Some(text.as_str()),
            _ => None,
        })
    }

    /// The lines written to stdout, each cut after 4096 characters.
    #[must_use]
    pub fn stdout(&self) -> Vec<&str> {
        self.each(|event| match event {
            Event::Stdout { line } => Some(line.as_str()),
            _ => None,
        })
    }

    /// Whether stdin reached its end.
    #[must_use]
    pub fn stdin_ended(&self) -> bool {
        self.events.contains(&Event::StdinEnd)
    }

    /// What the call last waited for (`timer`, `gate`, `hang`, `stdin`), if that wait never ended.
    #[must_use]
    pub fn waiting(&self) -> Option<&str> {
        let mut state = None;
        for event in &self.events {
            match event {
                Event::Waiting { on } => state = Some(on.as_str()),
                Event::Resumed | Event::Exit { .. } => state = None,
                _ => {}
            }
        }
        state
    }
}

impl Start {
    /// Whether an argument stands in argv, in any place.
    #[must_use]
    pub fn has_arg(&self, arg: &str) -> bool {
        self.argv.iter().any(|a| a == arg)
    }
}
