//! `mock-claude`: a faithful, scriptable stand-in for the Claude CLI.

pub mod ledger;
pub mod script;
pub mod sidecar;
