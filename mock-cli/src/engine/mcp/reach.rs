//! Whether a server answers, for somebody who is not in a session: `claude mcp list` and `claude mcp get`.

use super::link::{Change, Link, patience};
use crate::process::{Arrival, ServerNews};
use crate::profile::{Mcp, ServerEnd};
use crate::protocol::mcp::ServerConfig;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Instant;

/// Connects to a server and takes leave of it, or says why that is not possible.
///
/// # Errors
/// The server does not start, or does not answer in time.
pub(crate) fn reach(config: &ServerConfig, cwd: &Path, profile: &Mcp) -> Result<(), String> {
    let (sender, arrivals) = channel();
    let begun = Instant::now();
    let mut link = Link::begin(0, config, cwd, profile, 0, sender)?;
    let reached = loop {
        let left = patience().saturating_sub(begun.elapsed());
        let Ok(Arrival::Server { news, .. }) = arrivals.recv_timeout(left) else {
            break Err("Connection timed out".to_owned());
        };
        let change = match news {
            ServerNews::Message(message) => link.take(message, profile, cwd),
            ServerNews::Closed(why) => link.closed(why, profile),
        };
        match change {
            Change::Lost(why) => break Err(why),
            _ if !link.is_connecting() => break Ok(()),
            _ => {}
        }
    };
    link.end(ServerEnd::Eof);
    reached
}
