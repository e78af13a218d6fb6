//! A port that parallel runs cannot collide on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::PathBuf;

/// Below the range from which Linux (32768 and up) and macOS (49152 and up) give ports to outgoing
/// connections, so that no connection of any program sits on a leased port by chance.
const FIRST: u16 = 20_000;
const LAST: u16 = 29_999;

/// A port that no other run, in this process or another, holds at the same time.
///
/// Held by a file lock, which goes away with the process however it ends. Binding port 0 and closing it
/// again, the usual trick, lets two runs get the same number.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Leases a port on which nobody listens.
    ///
    /// # Errors
    /// The folder of locks cannot be made, or all ports are taken.
    pub fn lease() -> io::Result<Self> {
        // Not below TMPDIR, which differs from run to run in many a CI: all runs of a user share the ports.
        let user = rustix::process::getuid().as_raw();
        let folder = PathBuf::from(format!("/tmp/claude-harness-ports-{user}"));
        std::fs::create_dir_all(&folder)?;
        let count = LAST - FIRST + 1;
        // Processes start in different places, so that they seldom try each other's ports.
        let start = (std::process::id() % u32::from(count)) as u16;
        for step in 0..count {
            let number = FIRST + (start + step) % count;
            let path = folder.join(number.to_string());
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path)?;
            match file.try_lock() {
                Ok(()) if is_free(number) => {
                    return Ok(Self {
                        number,
                        _lock: file,
                    });
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "all ports are leased",
        ))
    }

    /// The port's number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Whether nobody listens on it.
    pub fn is_free(&self) -> bool {
        is_free(self.number)
    }
}

/// Rust binds with SO_REUSEADDR on Unix, so connections that linger in TIME_WAIT do not count, only listeners.
fn is_free(number: u16) -> bool {
    let taken = |bound: io::Result<TcpListener>| {
        // A machine without IPv6 has nobody listening there.
        bound.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
    };
    TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok()
        && !taken(TcpListener::bind((Ipv6Addr::LOCALHOST, number)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn leases_held_at_the_same_time_differ() {
        let leases: Vec<Port> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..32)
                .map(|_| scope.spawn(|| Port::lease().unwrap()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let numbers: BTreeSet<u16> = leases.iter().map(Port::number).collect();
        assert_eq!(numbers.len(), 32);
    }

    #[test]
    fn a_port_with_a_listener_is_not_free() {
        let port = Port::lease().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.number())).unwrap();
        assert!(!port.is_free());
        drop(listener);
        assert!(port.is_free());
    }
}
