//! `mock-claude`: a faithful, scriptable stand-in for the Claude CLI.

mod argv;
pub mod clock;
pub mod ids;
pub mod json;
pub mod ledger;
mod matching;
pub mod profile;
pub mod script;
pub mod sidecar;
mod template;
mod time;
pub mod transcript;
mod turn;
