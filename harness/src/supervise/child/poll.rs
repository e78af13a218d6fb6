//! Waiting for any of many descriptors.

use rustix::event::{PollFd, PollFlags, Timespec};
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// Waits until one of `readable` has something (or ended), `writable` takes something, or the time is over.
pub(super) fn wait<'a>(
    readable: impl Iterator<Item = BorrowedFd<'a>>,
    writable: Option<BorrowedFd<'a>>,
    timeout: Option<Duration>,
) {
    let mut descriptors: Vec<PollFd<'_>> = readable
        .map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN))
        .collect();
    descriptors
        .extend(writable.map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::OUT)));
    let timeout = timeout.map(|timeout| Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    });
    // An error is an interruption by a signal, which is looked at anyway, or a lack of memory, after which the caller
    // comes back.
    let _ = rustix::event::poll(&mut descriptors, timeout.as_ref());
}
