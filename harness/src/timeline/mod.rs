//! What was seen in one run, in order.
//!
//! The types here hold facts only: neither the scenario's name nor what it expects nor which defects
//! were asked for can be reached from them, so that the judge cannot know the answer.

mod chat;
mod client;
mod facts;
mod watched;

pub use chat::{ChatEnd, ChatSeen, Frame, LookedFor};
pub(crate) use chat::{is_prompt_of, texts_of};
pub use client::{
    CliAfter, EarlySeen, HealthMeanwhile, KillSeen, Leaving, LeftSeen, ReconnectSeen, RestartSeen,
    UnreadSeen,
};
pub use facts::StageFacts;
pub use watched::{Budget, Sample, Watched};

use crate::stage::electron::AppEvent;
use mock_claude::ledger;
use std::cell::OnceCell;
use std::path::PathBuf;

/// Everything that was seen in one run.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// Facts about the stage.
    pub stage: StageFacts,
    /// How the backend started.
    pub start: StartSeen,
    /// What each step met, in order.
    pub steps: Vec<StepSeen>,
    /// The backend's log, line by line.
    pub log: Vec<LogLine>,
    /// What the stand-in kept of its calls, by number.
    pub calls: Vec<ledger::Call>,
    /// Entries of the script that no call took (as often as they say).
    pub unused: Vec<UnusedEntry>,
    /// Second instances of the app that were launched.
    pub app_instances: Vec<AppEvent>,
    /// How the backend ended.
    pub stop: StopSeen,
    /// What its processes were and held.
    pub watched: Watched,
    /// The calls, one a message; made from them when it is first asked for.
    pub(crate) turns: OnceCell<Vec<ledger::Call>>,
}

impl Timeline {
    /// The calls by the messages that they took: one that serves a conversation is there once for each.
    pub fn turns(&self) -> &[ledger::Call] {
        let turns = || self.calls.iter().flat_map(by_message).collect();
        self.turns.get_or_init(turns)
    }

    /// The chats, in order.
    pub fn chats(&self) -> impl Iterator<Item = &ChatSeen> {
        self.steps.iter().filter_map(|step| match step {
            StepSeen::Chat(chat) => Some(chat),
            _ => None,
        })
    }

    /// How the backend that lived last was started.
    pub fn last_start(&self) -> &StartSeen {
        let restarts = self.steps.iter().rev().filter_map(|step| match step {
            StepSeen::Restart(seen) => Some(&seen.start),
            _ => None,
        });
        restarts.into_iter().next().unwrap_or(&self.start)
    }

    /// Whether a step ended the backend and none started it again.
    pub fn was_killed(&self) -> bool {
        let mut last = self.steps.iter().rev().filter_map(|step| match step {
            StepSeen::Kill(seen) => Some(!seen.had_ended),
            StepSeen::Restart(_) => Some(false),
            _ => None,
        });
        last.next().unwrap_or(false)
    }
}

/// How the backend started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartSeen {
    /// It could not be executed at all.
    NotSpawned {
        /// The errno's name, e.g. `ENOENT`.
        errno: String,
        /// What was executed.
        program: PathBuf,
    },
    /// It answered over HTTP, from a process of this run.
    Ready {
        /// The route that answered first.
        route: String,
    },
    /// It ended before it answered.
    Exited {
        /// How.
        status: Ended,
    },
    /// Another process, not of this run, answers on its port.
    Stranger,
    /// It lives, but did not answer within the budget.
    Silent,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With an exit code.
    Exit(i32),
    /// By a signal, e.g. `SIGTERM`.
    Signal(String),
    /// Nobody knows.
    Unknown,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit {code}"),
            Self::Signal(name) => write!(f, "{name}"),
            Self::Unknown => write!(f, "an unknown end"),
        }
    }
}

/// A line of the backend's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Whether it came from stderr.
    pub stderr: bool,
    /// The line without its end.
    pub line: String,
}

/// What one step met.
#[derive(Debug, Clone)]
pub enum StepSeen {
    /// A message was sent.
    Chat(ChatSeen),
    /// The history was opened.
    History(HistorySeen),
    /// The backend was asked whether it is well.
    Health(Answer),
    /// A chat was stopped.
    Abort(AbortSeen),
    /// A client went away from a chat.
    Left(LeftSeen),
    /// A client did not read a chat.
    Unread(UnreadSeen),
    /// A message was sent before the backend was started.
    Early(EarlySeen),
    /// The chats of these numbers were sent at once.
    Together(Vec<usize>),
    /// The chats from this number on are one message, sent so many times.
    Repeat {
        /// The first.
        first: usize,
        /// How many there are.
        times: u32,
    },
    /// Health was asked for while the history before this was opened.
    HealthMeanwhile(HealthMeanwhile),
    /// A new client loaded a conversation.
    Reconnect(ReconnectSeen),
    /// The backend was ended.
    Kill(KillSeen),
    /// The backend was halted.
    Pause,
    /// The process that listened was halted for a while.
    Stall {
        /// Whether another one came to listen in its place.
        replaced: bool,
    },
    /// A halted backend went on.
    Resume,
    /// The backend was started again.
    Restart(RestartSeen),
    /// A gate of the script was opened.
    Release(String),
    /// Something on the disk was changed, e.g. `removed the project`.
    Disk(String),
}

/// An HTTP answer, read whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It came.
    Came {
        /// The status code.
        status: u16,
        /// The body; JSON where it is JSON.
        body: serde_json::Value,
    },
    /// It was sent, and nothing answers such a message by itself.
    Sent,
    /// The connection failed.
    Failed(String),
    /// Nothing more came.
    Hung(Box<Hang>),
}

impl Answer {
    /// The status code, where an answer came.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Came { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The body of a 200.
    pub fn ok(&self) -> Option<&serde_json::Value> {
        match self {
            Self::Came { status: 200, body } => Some(body),
            _ => None,
        }
    }
}

/// The history as the app opened it.
#[derive(Debug, Clone, PartialEq)]
pub struct HistorySeen {
    /// `GET /api/projects`.
    pub projects: Answer,
    /// How many projects it listed.
    pub listed: usize,
    /// Whether the run's project is among them; without that the app waits for ever.
    pub project_listed: bool,
    /// The conversations of the project.
    pub histories: Option<Answer>,
    /// How many there are.
    pub conversations: usize,
    /// The newest conversation.
    pub conversation: Option<Answer>,
    /// How many entries it has.
    pub messages: usize,
    /// How many of them are messages of the user or the model.
    pub shown: usize,
    /// How many such messages can be read in its file, line by line.
    pub readable: usize,
    /// How many conversations lie on disk.
    pub on_disk: usize,
}

impl HistorySeen {
    /// A history of which no more than the projects was asked for.
    pub fn begun(projects: Answer, on_disk: usize) -> Self {
        Self {
            projects,
            listed: 0,
            project_listed: false,
            histories: None,
            conversations: 0,
            conversation: None,
            messages: 0,
            shown: 0,
            readable: 0,
            on_disk,
        }
    }
}

/// A chat that was stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct AbortSeen {
    /// Which chat, from 1.
    pub chat: usize,
    /// The backend's answer.
    pub answer: Answer,
    /// How the chat ended after that.
    pub end: ChatEnd,
    /// What became of the CLI of that chat.
    pub cli: CliAfter,
}

/// The backend stood still: what it was waiting for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hang {
    /// True: a budget ran out although something still moved.
    pub deadline: bool,
    /// Which budget ran out.
    pub budget: Budget,
    /// What the harness waited for: an open request, the end of a process.
    pub awaited: String,
    /// The process tree, indented, with states and what each waits for in the kernel: for people, not for snapshots.
    pub tree: Vec<String>,
    /// What the script was at, with its line in the scenario.
    pub script: Option<String>,
    /// The processes of the run, one line each, with their states.
    pub processes: Vec<String>,
    /// What the stand-in waited for, if it was called.
    pub stand_in: Option<String>,
    /// The last line that the stand-in wrote.
    pub last_out: Option<String>,
    /// The last line that it read.
    pub last_in: Option<String>,
    /// The last frame that the client of an open answer got.
    pub last_frame: Option<String>,
}

/// An entry of the script that was not taken as often as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedEntry {
    /// Its line in the scenario.
    pub line: Option<u32>,
    /// Its condition, for people.
    pub when: String,
}

/// How the backend ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StopSeen {
    /// The signal that it got; None: it had ended before.
    pub signal: Option<String>,
    /// How it ended.
    pub ended: Option<Ended>,
    /// It ignored the signal and was killed.
    pub forced: bool,
    /// Who still lived afterwards: one line each, with ancestry.
    pub survivors: Vec<SurvivorSeen>,
    /// Whether nobody listens on its port any more.
    pub port_free: bool,
    /// Processes that were left, too, and that the environment's launcher ended: a leak that only it hides.
    pub hidden: Vec<SurvivorSeen>,
    /// How that launcher is called in environment files.
    pub hidden_by: &'static str,
}

impl std::fmt::Display for SurvivorSeen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.call {
            Some(number) => write!(f, "claude {number}"),
            None => write!(f, "`{}`", self.command),
        }
    }
}

/// A process that outlived the backend. The two processes of a call through `cli.js` count as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurvivorSeen {
    /// Its command line.
    pub command: String,
    /// The call of the stand-in that it is, by its number.
    pub call: Option<u32>,
    /// Who begot it, nearest first.
    pub ancestry: Vec<String>,
}

/// The parts of a call, from each message that it took to the next.
fn by_message(call: &ledger::Call) -> Vec<ledger::Call> {
    let events = call.events.iter().enumerate();
    let taken = events.filter(|(_, event)| matches!(event, ledger::Event::Take { .. }));
    // What comes before the first message is the first one's.
    let starts: Vec<usize> = std::iter::once(0)
        .chain(taken.skip(1).map(|(at, _)| at))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([call.events.len()]);
    let part = |(start, end): (&usize, usize)| ledger::Call {
        start: call.start.clone(),
        events: call.events[*start..end].to_vec(),
        last_ms: call.last_ms,
    };
    starts.iter().zip(ends).map(part).collect()
}
