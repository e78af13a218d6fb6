//! What was known of the run's processes, and what they held.

use super::Hang;
use crate::supervise::{Condition, journal::Life};
use std::path::PathBuf;

/// A budget of a run, counted in quiet time: time in which the run could have moved on but did not. While it wants
/// the processor and does not get it, no budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Budget {
    /// How long nothing at all may move.
    #[default]
    Silence,
    /// How long the backend may take until it is ready.
    Start,
    /// How long one answer may take.
    Turn,
    /// How long the backend may take to end.
    Stop,
    /// How long the CLI of a chat may take to end that its client left or stopped.
    Leave,
}

impl Budget {
    /// As a scenario names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Start => "start",
            Self::Turn => "turn",
            Self::Stop => "stop",
            Self::Leave => "leave",
        }
    }
}

/// What was known of the run's processes, and what they held.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// Every process that was seen, from its birth to its end.
    pub processes: Vec<Life>,
    /// What they held: when the backend was ready, after each step, after its end.
    pub samples: Vec<Sample>,
    /// Processes that had ended before the stop and that their parent had not waited for.
    pub zombies: Vec<String>,
    /// Temporary files that were not there before the run, relative to the stage's folder for them.
    pub temp_files: Vec<PathBuf>,
    /// Files away from the stage that were seen open for writing.
    pub outside: Vec<PathBuf>,
    /// Every budget that ran out, in order.
    pub hangs: Vec<Hang>,
}

/// What the run held at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sample {
    /// After what: `start`, `chat 1`, `stop`.
    pub after: String,
    /// Whether that was an answer that came to its end: only after those the same is held as before.
    pub settled: bool,
    /// Descriptors of the backend's own process.
    pub descriptors: Option<u32>,
    /// How many temporary files there were that were not there before the run.
    pub temp_files: usize,
    /// Every process.
    pub conditions: Vec<Condition>,
}
