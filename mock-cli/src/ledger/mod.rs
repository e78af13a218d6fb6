//! What the stand-in keeps of every call: one file a call, one JSON object a line, flushed event by event.
//!
//! `<ledger>/calls/0001.jsonl` is claimed by creating it exclusively, so numbers are given atomically; an
//! entry of the script is claimed by making `<ledger>/calls/taken-<entry>-<nth>` exclusively, whatever that holds.

mod check;
mod read;
mod secrets;
mod take;
mod write;

pub use check::{Check, check};
pub use read::read;
pub use secrets::kept;
pub(crate) use take::Claims;
pub use take::unused;
pub use write::{KEPT_CHARS, Ledger};

use crate::order::SortedMap;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::SystemTime;

/// One line of a call's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The process started.
    Start(Start),
    /// A line arrived on stdin (without its line end), or the whole of stdin where it is text.
    Stdin {
        /// The text, as UTF-8 (invalid bytes replaced).
        text: String,
    },
    /// stdin reached its end.
    StdinEnd,
    /// An entry of the script was taken for a prompt.
    Take {
        /// Its index in [`crate::script::Script::calls`].
        entry: usize,
        /// The prompt that it answers.
        prompt: String,
    },
    /// Nothing in the script fits a prompt; the process then exits with 70.
    Unmatched {
        /// The prompt; None where there is no script at all.
        prompt: Option<String>,
        /// The one line that stderr gets: what came, and the nearest entry and why it does not hold.
        message: String,
    },
    /// A line was written to stdout.
    Stdout {
        /// The line without its line end, cut after 4096 characters.
        line: String,
    },
    /// Nobody reads stdout any more, so that a line could not be written.
    StdoutGone,
    /// The script had a word for stderr.
    Stderr {
        /// What it says.
        text: String,
    },
    /// The stand-in waits: for a timer (`wait`), a gate, for ever (`hang`), for input (`stdin`), for an answer of the
    /// client's, a tool, a hook or an MCP server. Whatever it waits for, it takes what comes on stdin.
    Waiting {
        /// `timer`, `retry`, `gate`, `hang`, `stdin`, `answer`, `tool`, `hook`, `server`, or `stderr` where that may be
        /// full.
        on: String,
    },
    /// A wait is over.
    Resumed,
    /// A signal arrived.
    Signal {
        /// Its name, e.g. `SIGTERM`.
        name: String,
    },
    /// The parent's lifeline broke.
    LifelineLost,
    /// The process is about to end in an orderly way; missing when it was killed.
    Exit {
        /// The exit code.
        code: i32,
    },
}

/// How a call started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The call's number in its ledger, from 1.
    pub call: u32,
    /// When, in milliseconds since 1970 by the system's clock.
    #[serde(default)]
    pub at_ms: u64,
    /// `native`, or `cli.js` when a Node process stands in front.
    pub face: String,
    /// The stand-in's own process.
    pub pid: u32,
    /// The process that a client sees: the Node process in front for `cli.js`, else `pid`.
    pub shown_pid: u32,
    /// The parent of the shown process, if known.
    pub ppid: u32,
    /// What was executed, as invoked.
    pub executable: PathBuf,
    /// The arguments after the executable.
    pub argv: Vec<String>,
    /// The working directory.
    pub cwd: PathBuf,
    /// The whole environment; secrets as [`kept`] has them.
    pub env: SortedMap<String, String>,
    /// The profile in force.
    pub profile: String,
    /// The version that was asked for, where the profile in force only is the nearest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_asked: Option<String>,
    /// The script's file, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<PathBuf>,
    /// The call whose hook, tool or server has started this one, where it was a call of the stand-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
}

#[cfg(test)]
impl Start {
    /// A start with every field.
    pub(crate) fn sample() -> Start {
        Start {
            call: 1,
            at_ms: 0,
            face: String::new(),
            pid: 1,
            shown_pid: 1,
            ppid: 1,
            executable: PathBuf::new(),
            argv: Vec::new(),
            cwd: PathBuf::new(),
            env: SortedMap::new(),
            profile: String::new(),
            profile_asked: Some(String::new()),
            script: Some(PathBuf::new()),
            parent: Some(1),
        }
    }
}

/// One call, read back and merged.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// How it started.
    pub start: Start,
    /// All events after the start, in order.
    pub events: Vec<Event>,
    /// When the last of them was written, in milliseconds since 1970 by the file system's clock, which may be some
    /// milliseconds behind; 0 where it does not say.
    pub last_ms: u64,
}

/// A moment in milliseconds since 1970.
pub(crate) fn milliseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests;
