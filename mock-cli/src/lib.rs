//! `mock-claude`: a faithful, scriptable stand-in for the Claude CLI.

pub mod clock;
pub mod ids;
pub mod json;
pub mod ledger;
pub mod script;
pub mod sidecar;
mod template;
mod time;
