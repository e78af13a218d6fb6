//! How long things may take.

use crate::timeline::Budget;
use crate::yaml::{InputError, Node};
use std::time::Duration;

/// How long things may take, in quiet time ([`Budget`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Until the backend is ready.
    pub start: Duration,
    /// Without anything that moves.
    pub silence: Duration,
    /// For one answer.
    pub turn: Duration,
    /// Until the backend has ended after it was asked to.
    pub stop: Duration,
    /// Until the CLI of a chat has ended whose client left or stopped it.
    pub leave: Duration,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(30),
            silence: Duration::from_secs(2),
            turn: Duration::from_secs(60),
            stop: Duration::from_secs(10),
            // An SDK may close stdin first, wait for two seconds, and only then send a signal (SDK-DRIVE 2).
            leave: Duration::from_secs(3),
        }
    }
}

impl Budgets {
    /// The time of one of them.
    pub fn of(&self, budget: Budget) -> Duration {
        match budget {
            Budget::Silence => self.silence,
            Budget::Start => self.start,
            Budget::Turn => self.turn,
            Budget::Stop => self.stop,
            Budget::Leave => self.leave,
        }
    }

    /// Overrides those that `node` names.
    pub(super) fn overlaid(mut self, node: Node<'_>) -> Result<Self, InputError> {
        let map = node.map("budgets", &["start", "silence", "turn", "stop", "leave"])?;
        for (name, budget) in [
            ("start", &mut self.start),
            ("silence", &mut self.silence),
            ("turn", &mut self.turn),
            ("stop", &mut self.stop),
            ("leave", &mut self.leave),
        ] {
            if let Some(node) = map.get(name) {
                *budget = node.duration()?;
            }
        }
        Ok(self)
    }
}
