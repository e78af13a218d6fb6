//! Cutting a connection below HTTP.

use rustix::net::sockopt::set_socket_linger;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

/// A second handle on a connection's socket.
#[derive(Debug, Clone)]
pub(super) struct Cut(Option<Arc<OwnedFd>>);

impl Cut {
    /// The handle of this connection.
    pub(super) fn of(stream: &tokio::net::TcpStream) -> Self {
        Cut(stream.as_fd().try_clone_to_owned().ok().map(Arc::new))
    }

    /// Lets the connection end with a reset instead of an end.
    pub(super) fn reset(&self) {
        if let Some(socket) = &self.0 {
            let _ = set_socket_linger(socket, Some(Duration::ZERO));
        }
    }

    /// Ends both directions at once.
    pub(super) fn shut(&self) {
        if let Some(socket) = &self.0 {
            let _ = rustix::net::shutdown(socket, rustix::net::Shutdown::Both);
        }
    }
}
