//! The end of the process: whoever begins it first has the last word.

use crate::ledger::{Event, Ledger};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Clones share the one end.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    begun: Arc<AtomicBool>,
    ledger: Ledger,
    /// The process groups of commands that run.
    groups: Arc<Mutex<BTreeSet<i32>>>,
    /// Whether they end with the process.
    kills: bool,
    /// The process groups that end with the process in every version: those of hooks.
    bound: Arc<Mutex<BTreeSet<i32>>>,
    /// Files that an orderly end takes away.
    passing: Arc<Mutex<Vec<PathBuf>>>,
}

impl Ending {
    pub(crate) fn new(ledger: Ledger, kills: bool) -> Self {
        Ending {
            begun: Arc::default(),
            ledger,
            groups: Arc::default(),
            kills,
            bound: Arc::default(),
            passing: Arc::default(),
        }
    }

    /// Notes a file that an orderly end takes away.
    pub(crate) fn will_remove(&self, file: PathBuf) {
        self.passing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(file);
    }

    /// Takes the files away that only a running process has.
    pub(crate) fn tidy(&self) {
        let mut files = self.passing.lock().unwrap_or_else(PoisonError::into_inner);
        for file in files.drain(..) {
            // Whoever took it away before has done what was to be done.
            let _ = std::fs::remove_file(file);
        }
    }

    /// Notes a command's process group.
    pub(crate) fn will_kill(&self, group: i32) {
        self.groups().insert(group);
    }

    /// Forgets a group whose command has ended.
    pub(crate) fn has_ended(&self, group: i32) {
        self.groups().remove(&group);
    }

    /// Notes a process group that ends with the process, however that ends.
    pub(crate) fn bind(&self, group: i32) {
        self.bound().insert(group);
    }

    /// Kills such a group.
    pub(crate) fn release(&self, group: i32) {
        self.bound().remove(&group);
        kill(group);
    }

    /// Forgets such a group, whose processes have ended.
    pub(crate) fn unbind(&self, group: i32) {
        self.bound().remove(&group);
    }

    fn bound(&self) -> std::sync::MutexGuard<'_, BTreeSet<i32>> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether commands run that end with the process.
    pub(crate) fn has_commands(&self) -> bool {
        self.kills && !self.groups().is_empty()
    }

    /// Kills the commands that run.
    pub(crate) fn kill_all(&self) {
        let groups = self.groups().clone();
        for group in groups {
            self.kill(group);
        }
    }

    /// Kills a command with everything that it started.
    pub(crate) fn kill(&self, group: i32) {
        self.has_ended(group);
        kill(group);
    }

    fn groups(&self) -> std::sync::MutexGuard<'_, BTreeSet<i32>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the end and notes it. Where another thread has begun it already this never returns: that thread
    /// is about to end the process, and a second exit code would be a lie.
    pub(crate) fn begin(&self, event: Event) {
        if self.begun.swap(true, Ordering::SeqCst) {
            loop {
                std::thread::park();
            }
        }
        for group in std::mem::take(&mut *self.bound()) {
            kill(group);
        }
        self.ledger.note(event);
    }

    /// Ends the process from any thread.
    pub(crate) fn exit(&self, event: Event, code: i32) -> ! {
        self.begin(event);
        std::process::exit(code)
    }
}

/// Kills a group; it may have ended by itself.
fn kill(group: i32) {
    if let Some(pid) = Pid::from_raw(group) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}
