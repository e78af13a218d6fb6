//! The process around the engine: stdin, stdout, signals, the lifeline, and how it all ends.

mod backlog;
mod ending;
mod inbox;
mod lifeline;
mod signals;
mod stdin;
mod stdout;
mod uncaught;

pub(crate) use ending::{Ending, end_in_peace};
pub(crate) use inbox::{Arrival, HookEnd, Inbox, ServerNews};
pub(crate) use lifeline::watch as watch_lifeline;
pub(crate) use signals::Signals;
pub(crate) use stdin::{Pace, Shape, feed};
pub(crate) use stdout::Stdout;
pub(crate) use uncaught::{failed_call, not_json, uncaught};

/// The process ends now, with this code. Errors of the engine are all of this kind: what had to be said was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quit(pub(crate) i32);

/// The code for a script that does not cover what happens, or cannot be used.
pub(crate) const EX_SCRIPT: i32 = 70;

/// Writes to stderr. If nobody listens there any more, nobody misses it.
pub(crate) fn complain(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().write_all(text.as_bytes());
}
