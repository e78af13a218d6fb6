//! Counting the processes of a run.

#[cfg(target_os = "linux")]
mod adopted;
mod listed;
#[cfg(target_os = "linux")]
pub(super) mod procfs;
pub(in crate::supervise) mod strays;

use super::members::Members;
use crate::supervise::wire::Setup;
use crate::supervise::{Process, Signal};
use std::io;

/// A way to find the processes of a run.
pub(super) trait Census {
    /// All processes of the run as they are now, zombies included, without the supervisor.
    fn take(&mut self, look: &Look<'_>) -> Vec<Process>;
    /// CPU time of the run so far, in milliseconds.
    fn cpu_ms(&self, members: &Members) -> u64;
    /// What this way cannot see.
    fn limits(&self) -> Vec<String>;
    /// Whether no process of the run can be left when the supervisor has no child any more.
    fn adopts_orphans(&self) -> bool;
}

/// How to look.
pub(super) struct Look<'a> {
    /// What was seen before.
    pub(super) known: &'a Members,
    /// Children of the supervisor that are its own tools; they and their descendants are not counted.
    pub(super) aside: &'a [u32],
    /// Whether arguments and environments are read again, and not only for those who changed their name.
    pub(super) fresh: bool,
}

#[cfg(target_os = "linux")]
pub(super) fn open(setup: &Setup) -> io::Result<Box<dyn Census>> {
    if setup.portable {
        return Ok(Box::new(listed::Listed::new(&setup.marker)?));
    }
    Ok(Box::new(adopted::Adopted::new(&setup.marker)?))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn open(setup: &Setup) -> io::Result<Box<dyn Census>> {
    Ok(Box::new(listed::Listed::new(&setup.marker)?))
}

/// Signals exactly this process: not another one that got its number in the meantime.
#[cfg(target_os = "linux")]
pub(super) fn deliver(process: &Process, signal: Signal) -> io::Result<()> {
    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
    let pid = number(process)?;
    let stat = |pid| procfs::stat(pid).ok_or(io::Error::from(rustix::io::Errno::SRCH));
    let same = |started| {
        // The portable way counts in seconds, and cannot be compared here.
        procfs::is_boot_ticks(process.started) && started != process.started
    };
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(descriptor) => {
            // Checked while the descriptor holds on to whoever has the number.
            if same(stat(process.pid)?.started) {
                return Err(rustix::io::Errno::SRCH.into());
            }
            Ok(pidfd_send_signal(descriptor, signal.system())?)
        }
        Err(rustix::io::Errno::NOSYS) => Ok(rustix::process::kill_process(pid, signal.system())?),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn deliver(process: &Process, signal: Signal) -> io::Result<()> {
    Ok(rustix::process::kill_process(
        number(process)?,
        signal.system(),
    )?)
}

fn number(process: &Process) -> io::Result<rustix::process::Pid> {
    let pid = i32::try_from(process.pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    // 1 is nobody's to signal, whatever a listing says.
    pid.filter(|pid| pid.as_raw_nonzero().get() > 1)
        .ok_or_else(|| rustix::io::Errno::PERM.into())
}
