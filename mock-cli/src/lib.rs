//! `mock-claude`: a faithful, scriptable stand-in for the Claude CLI.
//!
//! Give an executable of your own the role of the CLI: put a script and a sidecar beside it and call [`run`] first
//! thing in `main`.
//!
//! ```no_run
//! let invocation = mock_claude::Invocation::of_process().expect("a sidecar that can be read");
//! if invocation.role.is_some() {
//!     std::process::exit(mock_claude::run(&invocation));
//! }
//! ```
//!
//! What the stand-in did stands in its [`ledger`]; sessions of the past are written with [`transcript`].

#![warn(missing_docs)]

mod argv;
pub mod cli_js;
pub mod clock;
mod corrupt;
mod engine;
pub mod faults;
mod help;
pub mod ids;
mod invocation;
pub mod json;
pub mod keychain;
pub mod ledger;
mod matching;
mod memory;
pub mod mock;
mod opening;
pub mod order;
mod permissions;
mod process;
pub mod profile;
pub mod protocol;
mod run;
pub mod script;
mod session;
mod settings;
mod sha256;
pub mod sidecar;
pub mod source;
mod startup;
mod sub;
mod template;
mod time;
pub mod transcript;
mod turn;
mod v8;

pub use help::help;
pub use invocation::{Face, Invocation};
pub use run::run;
