//! `claude-harness`: runs a full backend on a production stage against a stand-in for the Claude CLI.

pub mod backend;
pub mod stage;
pub mod supervise;
pub mod yaml;
