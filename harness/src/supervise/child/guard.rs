//! The supervisor's second: ends a run whose harness is gone and whose supervisor does not do it.
//!
//! A supervisor can be halted, or killed together with the harness. Its guard is a child of the harness, in a session of
//! its own, and does nothing but wait for the harness' end.

use super::census::strays;
use crate::supervise::Process;
use crate::supervise::journal::{self, Life};
use rustix::process::{Pid, Signal};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What follows [`crate::supervise::FLAG`] on a guard's command line; then come scratch folder, supervisor and marker.
pub(in crate::supervise) const WORD: &str = "guard";
/// What the harness writes before it closes its end: all is over, and nobody is left.
pub(in crate::supervise) const OVER: u8 = b'O';
/// How long the supervisor has for the end of the run: half of what a run may outlive its harness.
const PATIENCE: Duration = Duration::from_secs(1);
/// The time between two looks at the supervisor.
const STEP: Duration = Duration::from_millis(20);

/// A file in the scratch folder, which the supervisor locks as long as it lives.
fn alive_file(scratch: &Path, supervisor: u32) -> PathBuf {
    scratch.join(format!("alive-{supervisor}"))
}

/// Marks this process, the supervisor, as alive for as long as the file is held.
pub(super) fn mark_alive(scratch: &Path) -> io::Result<File> {
    let file = File::create(alive_file(scratch, std::process::id()))?;
    file.lock()?;
    Ok(file)
}

/// Serves as a run's guard.
pub(super) fn serve(arguments: &[OsString]) -> io::Result<()> {
    let text = |index: usize| -> io::Result<String> {
        let argument = arguments.get(index).and_then(|it| it.to_str());
        argument
            .map(str::to_owned)
            .ok_or_else(|| io::Error::other("a guard is told scratch, pid and marker"))
    };
    let (scratch, supervisor, marker) = (text(0)?, text(1)?, (text(2)?, text(3)?));
    super::descriptors::close_strays();
    // Ctrl-C, or a kill of the harness' group, is not meant for it.
    rustix::process::setsid()?;
    std::env::set_current_dir("/")?;
    let mut said = [0];
    if io::stdin().read(&mut said)? == 1 && said[0] == OVER {
        return Ok(());
    }
    let scratch = Path::new(&scratch);
    let pid: u32 = supervisor.parse().map_err(io::Error::other)?;
    let until = Instant::now() + PATIENCE;
    while is_alive(scratch, pid) && Instant::now() < until {
        std::thread::sleep(STEP);
    }
    if is_alive(scratch, pid)
        && let Some(pid) = Pid::from_raw(pid.cast_signed())
    {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
    strays::end(&marker, &living(scratch));
    Ok(())
}

/// Whether the supervisor still holds its lock.
fn is_alive(scratch: &Path, supervisor: u32) -> bool {
    let file = File::open(alive_file(scratch, supervisor));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Whom the journal has seen born and not seen dead.
fn living(scratch: &Path) -> HashMap<u32, Process> {
    let lives = journal::lives(&journal::read(scratch)).into_iter();
    lives
        .filter(|life: &Life| life.died_ms.is_none())
        .map(|life| (life.process.pid, life.process))
        .collect()
}
