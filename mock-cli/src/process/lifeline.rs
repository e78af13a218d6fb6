//! The lifeline of a stand-in behind `cli.js`: a pipe whose other end only the Node process holds. When that
//! process is killed with SIGKILL nothing else would tell the stand-in, and what a client sees as one process
//! would live on.

use super::Ending;
use crate::ledger::Event;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::thread;

/// Ends the process without an exit event when `fd` reaches its end, as SIGKILL would.
pub(crate) fn watch(fd: RawFd, ending: Ending) -> io::Result<()> {
    #[expect(
        unsafe_code,
        reason = "the number of an inherited descriptor can only be taken on trust"
    )]
    // SAFETY: cli.js hands over this descriptor for this use alone; nothing else in the process knows it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC)?;
    let mut pipe = File::from(fd);
    thread::Builder::new()
        .name("lifeline".into())
        .spawn(move || {
            let mut byte = [0];
            loop {
                match pipe.read(&mut byte) {
                    Ok(1..) => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // 128 + SIGKILL: nobody is left to see it but the process that adopted this one.
                    _ => ending.exit(Event::LifelineLost, 137),
                }
            }
        })?;
    Ok(())
}
