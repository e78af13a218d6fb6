//! The signals that the supervisor hears.

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Tells of ended children; the requests to end are caught and ignored, because only the lifeline decides. Being caught
/// rather than ignored, they have their usual effect again in every process that the supervisor executes.
pub(super) struct Signals {
    children: UnixStream,
}

impl Signals {
    pub(super) fn register() -> io::Result<Signals> {
        let (children, tell) = UnixStream::pair()?;
        children.set_nonblocking(true)?;
        tell.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(SIGCHLD, tell)?;
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
        }
        Ok(Signals { children })
    }

    /// Readable when a child changed.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.children.as_fd()
    }

    /// Forgets what was told so far.
    pub(super) fn drain(&mut self) {
        let mut bytes = [0; 256];
        while matches!(self.children.read(&mut bytes), Ok(read) if read > 0) {}
    }
}
