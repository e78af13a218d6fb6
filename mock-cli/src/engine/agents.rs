//! Subagents (PROTOCOL 8.1).

use super::Engine;
use serde_json::Value;

impl Engine {
    /// The agents that run in the background, as they are listed.
    pub(super) fn agents_running(&self) -> Vec<Value> {
        Vec::new()
    }
}
