//! How the processes of the run are doing, and what they hold.

use super::listeners::lsof;
use super::run::Run;
use crate::supervise::wire::{Answer, Message};
use crate::supervise::{Condition, Process};
use std::time::{Duration, Instant};

/// How long a listing of descriptors may take.
const LIMIT: Duration = Duration::from_secs(5);

impl Run {
    pub(super) fn conditions(&mut self, id: u64) {
        self.look(true);
        self.reap();
        let processes: Vec<Process> = self.members.live().cloned().collect();
        let direct = if self.setup.portable {
            None
        } else {
            direct(&processes)
        };
        if let Some(conditions) = direct {
            return self.tell_conditions(id, conditions);
        }
        let pids: Vec<u32> = processes.iter().map(|process| process.pid).collect();
        if pids.is_empty() {
            return self.tell_conditions(id, Vec::new());
        }
        match self
            .jobs
            .start(lsof::held_by(&pids), Instant::now() + LIMIT)
        {
            Ok(pid) => {
                self.condition_questions.insert(pid, id);
            }
            Err(error) => {
                eprintln!("claude-harness supervisor: lsof cannot be started: {error}");
                self.conditions_told(id, "");
            }
        }
    }

    /// lsof has answered, or nobody has.
    pub(super) fn conditions_told(&mut self, id: u64, said: &str) {
        let mut held = lsof::held(said);
        let conditions = self
            .members
            .live()
            .map(|process| {
                let held = held.remove(&process.pid);
                let descriptors = held.as_ref().map(|held| held.descriptors);
                let held = held.unwrap_or_default();
                Condition {
                    process: process.clone(),
                    wait: None,
                    descriptors,
                    listens: sorted(held.listens),
                    writes: sorted(held.writes),
                }
            })
            .collect();
        self.tell_conditions(id, conditions);
    }

    fn tell_conditions(&mut self, id: u64, conditions: Vec<Condition>) {
        self.wire.put(&Message::Answer {
            id,
            answer: Answer::Conditions(conditions),
        });
    }
}

/// From `/proc`; None where there is none.
#[cfg(target_os = "linux")]
fn direct(processes: &[Process]) -> Option<Vec<Condition>> {
    use super::census::procfs;
    let ports = super::listeners::ports();
    let look_at = |process: &Process| {
        let open = procfs::descriptors(process.pid);
        let held = || open.iter().flatten();
        let listens = held().filter_map(|(target, _)| ports.get(target).copied());
        let writes = held()
            .filter(|(target, writable)| *writable && target.is_file())
            .filter(|(target, _)| !target.starts_with("/proc") && !target.starts_with("/dev"));
        Condition {
            process: process.clone(),
            wait: procfs::wait_channel(process.pid),
            descriptors: open
                .as_ref()
                .map(|open| u32::try_from(open.len()).unwrap_or(u32::MAX)),
            listens: sorted(listens.collect()),
            writes: sorted(writes.map(|(target, _)| target.clone()).collect()),
        }
    };
    Some(processes.iter().map(look_at).collect())
}

#[cfg(not(target_os = "linux"))]
fn direct(_processes: &[Process]) -> Option<Vec<Condition>> {
    None
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all.dedup();
    all
}
