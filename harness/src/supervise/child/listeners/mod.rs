//! Who listens on a port.

pub(super) mod lsof;
#[cfg(target_os = "linux")]
mod sockets;

#[cfg(target_os = "linux")]
pub(super) use sockets::{holders, ports};

/// Without `/proc` the listeners are asked of `lsof`.
#[cfg(not(target_os = "linux"))]
pub(super) fn holders(_port: u16, _run: &[u32]) -> Option<Vec<Option<u32>>> {
    None
}
