//! Looking at the processes of the run, and waiting for those that ended.

use super::census::Look;
use super::run::Run;
use crate::supervise::Status;
use crate::supervise::wire::{Answer, Message};
use rustix::process::{WaitOptions, WaitStatus};
use std::time::{Duration, Instant};

/// The time between two looks while somebody lives.
const EVERY: Duration = Duration::from_millis(20);
/// Looking may cost one part in so many of the time.
const SPARE: u32 = 10;

impl Run {
    /// Looks at who lives now, and tells what changed.
    pub(super) fn look(&mut self, fresh: bool) {
        let begin = Instant::now();
        let aside = self.jobs.pids();
        let now = self.census.take(&Look {
            known: &self.members,
            aside: &aside,
            fresh,
        });
        let events = self.members.update(now);
        self.tell(events);
        self.next_look = Instant::now() + EVERY.max(begin.elapsed() * SPARE);
    }

    /// Takes the status of every child that has ended. The run is looked at first: whoever ended is still listed, and
    /// its orphans have just become children.
    pub(super) fn reap(&mut self) {
        let mut looked = !self.begun;
        loop {
            if !looked && self.somebody_ended() {
                self.look(false);
                looked = true;
            }
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    self.childless = false;
                    let pid = u32::try_from(pid.as_raw_nonzero().get()).unwrap_or(0);
                    self.ended(pid, meaning(status));
                }
                Ok(None) => {
                    self.childless = false;
                    return;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => {
                    self.childless = true;
                    return;
                }
            }
        }
    }

    fn somebody_ended(&self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let peek = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::All, peek), Ok(Some(_)))
    }

    fn ended(&mut self, pid: u32, status: Status) {
        if let Some(ended) = self.jobs.died(pid, status.clone()) {
            self.tool_ended(ended);
            return;
        }
        let said = self.logs.last_words(pid);
        self.tell(said);
        self.silent_inputs.remove(&pid);
        if self.started.remove(&pid) || self.members.get(pid).is_some() {
            let died = self.members.died(pid, status);
            self.tell(vec![died]);
        }
    }

    /// Answers those who wait for the run to be empty, when it is or their time is over.
    pub(super) fn settle(&mut self) {
        if self.settling.is_empty() {
            return;
        }
        let now = Instant::now();
        let due = self.settling.iter().any(|(_, until)| *until <= now);
        if !due && !self.members.survivors().is_empty() {
            return;
        }
        // The answer is from a look of its own: it accuses processes, and acquits them.
        self.look(true);
        self.reap();
        let survivors = self.members.survivors();
        for (id, until) in std::mem::take(&mut self.settling) {
            if survivors.is_empty() || until <= now {
                self.wire.put(&Message::Answer {
                    id,
                    answer: Answer::Survivors(survivors.clone()),
                });
            } else {
                self.settling.push((id, until));
            }
        }
    }
}

fn meaning(status: WaitStatus) -> Status {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Status::Exited(code),
        (None, Some(signal)) => {
            let name = signal_hook::low_level::signal_name(signal);
            Status::Signaled(
                name.map_or_else(|| format!("signal {signal}"), str::to_string),
                signal,
            )
        }
        // Only asked about the ended, so one of the two holds.
        (None, None) => Status::Exited(status.as_raw()),
    }
}
