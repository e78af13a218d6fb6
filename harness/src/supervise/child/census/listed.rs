//! The portable way: a listing of all processes, of which those are taken that are tied to the run by their parent,
//! their group, their session, the marker in their environment, or because they were seen as such before.

use super::{Census, Look};
use crate::supervise::Process;
use crate::supervise::child::members::Members;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use sysinfo::{ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

pub(super) struct Listed {
    own: u32,
    /// `NAME=value`.
    marker: OsString,
    system: System,
    /// What the last look found: their groups and sessions are the run's, also when all that led them are dead now.
    last: Vec<Process>,
    /// Looks until everything is read again: a process keeps the name that it had when it was first seen.
    until_full: u32,
}

/// Everything is read again at least once in this many looks.
const FULL_EVERY: u32 = 25;

impl Listed {
    pub(super) fn new(marker: &(String, String)) -> io::Result<Listed> {
        Ok(Listed {
            own: std::process::id(),
            marker: format!("{}={}", marker.0, marker.1).into(),
            system: System::new().map_err(io::Error::other)?,
            last: Vec::new(),
            until_full: FULL_EVERY,
        })
    }

    pub(super) fn list(&mut self, fresh: bool) -> Vec<Process> {
        self.until_full = self.until_full.saturating_sub(1);
        if (fresh || self.until_full == 0)
            && let Ok(system) = System::new()
        {
            self.system = system;
            self.until_full = FULL_EVERY;
        }
        let update = UpdateKind::OnlyIfNotSet;
        let kind = ProcessRefreshKind::nothing()
            .with_cpu()
            .with_memory()
            .with_cmd(update)
            .with_environ(update)
            .without_tasks();
        self.system
            .refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        let marker = &self.marker;
        let processes = self
            .system
            .processes()
            .values()
            .filter(|process| process.thread_kind().is_none());
        processes.map(|process| convert(process, marker)).collect()
    }

    /// The groups and sessions that only processes of the run are in.
    fn ties(&self, known: &Members, listing: &[Process]) -> HashSet<u32> {
        let ids = self
            .last
            .iter()
            .flat_map(|process| [process.group, process.session]);
        let led = ids.filter(|id| known.ever_had(*id));
        let mut ties: HashSet<u32> = led.collect();
        // The number of a leader that died with its whole group may be a stranger's by now.
        for process in listing {
            if ties.contains(&process.pid) && !known.knows(process.key()) {
                ties.remove(&process.pid);
            }
        }
        // The supervisor's own session, where it leads one, holds nobody else.
        ties.insert(self.own);
        ties
    }
}

impl Census for Listed {
    fn take(&mut self, look: &Look<'_>) -> Vec<Process> {
        let listing = self.list(look.fresh);
        let ties = self.ties(look.known, &listing);
        let parents: HashMap<u32, u32> = listing
            .iter()
            .map(|process| (process.pid, process.parent))
            .collect();
        let is_aside = |process: &Process| {
            let mut at = process.pid;
            // Bounded: a listing that is not of one moment may hold a circle.
            for _ in 0..64 {
                if look.aside.contains(&at) {
                    return true;
                }
                match parents.get(&at) {
                    Some(parent) => at = *parent,
                    None => break,
                }
            }
            false
        };
        let mut taken: HashSet<u32> = HashSet::new();
        let mut grown = true;
        while grown {
            grown = false;
            for process in &listing {
                let belongs = process.marked
                    || process.parent == self.own
                    || taken.contains(&process.parent)
                    || ties.contains(&process.group)
                    || ties.contains(&process.session)
                    || look.known.knows(process.key());
                if belongs && process.pid != self.own && !is_aside(process) {
                    grown |= taken.insert(process.pid);
                }
            }
        }
        let found: Vec<Process> = listing
            .into_iter()
            .filter(|process| taken.contains(&process.pid))
            .collect();
        if found.iter().any(|process| !look.known.knows(process.key())) {
            // One that was just born may not have executed its program yet.
            self.until_full = 1;
        }
        self.last.clone_from(&found);
        found
    }

    fn cpu_ms(&self, members: &Members) -> u64 {
        members.cpu_ms()
    }

    fn limits(&self) -> Vec<String> {
        let mut limits = vec![
            "A process that left its parent, its group and its session and cleared its environment, all between two \
             looks, is not found."
                .to_string(),
            "A process that comes and goes between two looks (20 ms or more) is not listed, nor is its CPU time."
                .to_string(),
            "The exit status is known only of processes that the supervisor started.".to_string(),
            "What a process waits for in the kernel is not seen; descriptors, ports and files are told by lsof.".to_string(),
            "Files that are written are seen only while they are open; in between nothing is.".to_string(),
            "Listeners of other users' processes are not seen.".to_string(),
        ];
        if cfg!(target_os = "macos") {
            limits.push(
                "The environment of executables that the system protects cannot be read, so the marker does not find them."
                    .to_string(),
            );
        }
        limits
    }

    fn adopts_orphans(&self) -> bool {
        false
    }
}

fn convert(process: &sysinfo::Process, marker: &OsString) -> Process {
    let pid = process.pid().as_u32();
    let (group, session) = group_and_session(process);
    Process {
        pid,
        parent: process.parent().map_or(0, sysinfo::Pid::as_u32),
        group,
        session,
        started: process.start_time(),
        name: process.name().to_string_lossy().into_owned(),
        command: process
            .cmd()
            .iter()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect(),
        state: state(process.status()),
        marked: process.environ().contains(marker),
        cpu_ms: process.accumulated_cpu_time(),
        rss_kb: process.memory() / 1024,
    }
}

/// 0 where it is not known, and for the kernel's own.
#[cfg(target_os = "linux")]
fn group_and_session(process: &sysinfo::Process) -> (u32, u32) {
    // Not by system calls: for threads of the kernel those give 0, which rustix does not take for a number.
    super::procfs::stat(process.pid().as_u32()).map_or((0, 0), |stat| (stat.group, stat.session))
}

#[cfg(not(target_os = "linux"))]
fn group_and_session(process: &sysinfo::Process) -> (u32, u32) {
    use rustix::process::{Pid, getpgid};
    let session = process.session_id().map_or(0, sysinfo::Pid::as_u32);
    let pid = i32::try_from(process.pid().as_u32())
        .ok()
        .and_then(Pid::from_raw);
    // Who has no session has no group either, and rustix does not take 0 for a number.
    let group = pid
        .filter(|_| session > 0)
        .and_then(|pid| getpgid(Some(pid)).ok());
    (
        group.map_or(0, |group| group.as_raw_nonzero().get().unsigned_abs()),
        session,
    )
}

fn state(status: ProcessStatus) -> char {
    match status {
        ProcessStatus::Run => 'R',
        ProcessStatus::Sleep => 'S',
        ProcessStatus::Idle => 'I',
        ProcessStatus::Stop => 'T',
        ProcessStatus::Tracing => 't',
        ProcessStatus::Zombie => 'Z',
        ProcessStatus::Dead => 'X',
        ProcessStatus::UninterruptibleDiskSleep => 'D',
        _ => '?',
    }
}
