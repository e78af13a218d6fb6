//! Prompts that wait for their turn (PROTOCOL 6.2).

use super::Prompt;
use crate::order::SortedSet;
use std::collections::VecDeque;

/// The prompts of a session.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) prompts: VecDeque<Prompt>,
    /// The uuids of all prompts that came.
    pub(super) seen: SortedSet<String>,
    /// Whether stdin has ended.
    pub(super) input_ended: bool,
    /// How many turns were echoed.
    pub(super) replays: usize,
}
