//! What steps met that are no plain request: a client that behaves oddly, a backend that is ended or halted, a disk
//! that changes.

use super::{Answer, ChatEnd, Ended, StartSeen};

/// How a client went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// It closed the connection (FIN).
    Close,
    /// It reset the connection (RST).
    Reset,
    /// It sent no more (FIN), and read on.
    HalfClose,
}

/// What became of the CLI of a chat that its client left or stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CliAfter {
    /// It ended.
    Ended,
    /// It has done with the turn and waits for the next message, as one process a conversation does.
    Waits,
    /// It goes on after a grace.
    GoesOn,
}

/// A client that went away from an open chat.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftSeen {
    /// Which chat, from 1.
    pub chat: usize,
    /// How.
    pub way: Leaving,
    /// How the chat ended for a client that read on.
    pub end: Option<ChatEnd>,
    /// What became of the CLI of that chat.
    pub cli: CliAfter,
}

/// A chat that was sent and not read, once nothing moved any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadSeen {
    /// Which chat, from 1.
    pub chat: usize,
    /// Whether its CLI came to its end all the same.
    pub cli_ended: bool,
}

/// A message that was sent before the backend was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlySeen {
    /// Which chat, from 1.
    pub chat: usize,
    /// What the first attempt met.
    pub first: String,
    /// Whether a later attempt was taken.
    pub taken: bool,
}

/// Health checks while the history was being opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthMeanwhile {
    /// How many were answered with 200 before the history was there.
    pub answers: usize,
    /// How many got another answer, or none.
    pub failures: usize,
    /// The most CPU time, in milliseconds, that the run used between a health check and its answer. A busy machine
    /// takes more time for the same work, but not more CPU time.
    pub longest_cpu_ms: u64,
    /// The CPU time, in milliseconds, that the run used in all while the history was being opened.
    pub cpu_ms: u64,
}

impl HealthMeanwhile {
    /// Less CPU time than that is no work that anybody would notice.
    const NOTICED_MS: u64 = 100;

    /// Whether a health check had to wait for the history: for a quarter of all the work or more.
    pub fn held_up(&self) -> bool {
        self.longest_cpu_ms >= Self::NOTICED_MS && self.longest_cpu_ms * 4 >= self.cpu_ms
    }
}

/// A conversation that a new client loaded, and what the client before had seen of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReconnectSeen {
    /// Which chat, from 1.
    pub chat: usize,
    /// The session; None: the client before had seen none.
    pub session: Option<String>,
    /// Whether the CLI listed the project before the run: it does not do so for a chat like those of an app.
    pub project_known: bool,
    /// Whether the history lists the conversation.
    pub listed: bool,
    /// The conversation.
    pub conversation: Option<Answer>,
    /// The texts of the assistant that the client before had seen.
    pub before: Vec<String>,
    /// Those that the CLI has written to its file of the conversation. One that is ended in the middle of an answer may
    /// not have come to that.
    pub kept: Vec<String>,
    /// Those that the new client sees.
    pub after: Vec<String>,
}

impl ReconnectSeen {
    /// The first text that the client had seen, that the CLI has kept, and that the new client does not see where it
    /// would be in order.
    pub fn lost(&self) -> Option<&str> {
        let mut after = self.after.iter();
        let kept = self.before.iter().filter(|text| self.kept.contains(text));
        let lost = { kept }.find(|text| !after.any(|shown| shown == *text));
        lost.map(String::as_str)
    }

    /// How many texts the client had seen that the CLI has not kept.
    pub fn not_kept(&self) -> usize {
        let kept = |text: &&String| self.kept.contains(text);
        self.before.len() - self.before.iter().filter(kept).count()
    }
}

/// The backend was ended by a step.
#[derive(Debug, Clone, PartialEq)]
pub struct KillSeen {
    /// The signal, e.g. `SIGKILL`.
    pub signal: String,
    /// Whether it had ended by itself before.
    pub had_ended: bool,
    /// How it ended.
    pub ended: Ended,
    /// It did not end within its budget, and was killed.
    pub forced: bool,
    /// How chats ended that were open then.
    pub chats: Vec<(usize, ChatEnd)>,
    /// Calls of the CLI that still ran after a grace, by their numbers.
    pub calls_left: Vec<u32>,
}

/// The backend was started again.
#[derive(Debug, Clone, PartialEq)]
pub struct RestartSeen {
    /// On another port than before.
    pub new_port: bool,
    /// How that went.
    pub start: StartSeen,
}
