//! `claude-harness`: runs a full backend on a production stage against a stand-in for the Claude CLI.
//!
//! The rooms, in the order in which a run passes through them: [`scenario`], [`stage`], [`backend`],
//! [`supervise`], [`timeline`], [`judge`], [`report`]; [`runner`] takes a run through all of them.
//! To run your own scenarios from `cargo test`, see [`test_main!`].

#![warn(missing_docs)]

pub mod backend;
mod braces;
mod bridge;
pub mod cli;
pub mod judge;
pub mod oracle;
pub mod report;
pub mod roles;
pub mod runner;
pub mod scenario;
pub mod stage;
pub mod supervise;
pub mod testing;
pub mod timeline;
pub mod yaml;
