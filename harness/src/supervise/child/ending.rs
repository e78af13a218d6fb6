//! The end of the run: nobody is left.

use super::census::{Look, deliver};
use super::run::Run;
use crate::supervise::process::Key;
use crate::supervise::{Process, Signal};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// The time between two looks while the run is being ended.
const STEP: Duration = Duration::from_millis(10);
/// A process that does not die of `SIGKILL` within this time waits in the kernel, and no further signal will help.
const GIVE_UP: Duration = Duration::from_secs(10);
/// How often new processes are looked for while the known ones are halted.
const FREEZES: usize = 50;

impl Run {
    /// Ends every process of the run: politely at first where `grace` says how long that may take, then by force and
    /// again until nobody is left. Returns who had to be ended.
    pub(super) fn end(&mut self, grace: Option<Duration>) -> Vec<Process> {
        let mut ended = Vec::new();
        let mut met = HashSet::new();
        if let Some(grace) = grace {
            let until = Instant::now() + grace;
            // Once the harness is gone too there is no time to be polite.
            while !self.wire.lost() && Instant::now() < until {
                let living = self.everybody();
                if self.is_over(&living) {
                    break;
                }
                for process in living {
                    if met.insert(process.key()) {
                        let _ = deliver(&process, Signal::Term);
                        ended.push(process);
                    }
                }
                self.turn(Some(STEP));
                self.hear_the_lifeline();
            }
        }
        self.kill_all(&mut ended, &mut met);
        ended
    }

    fn kill_all(&mut self, ended: &mut Vec<Process>, met: &mut HashSet<Key>) {
        let until = Instant::now() + GIVE_UP;
        let mut quiet = 0;
        // Where orphans are not adopted a process may hide from one look between its parent's death and its own birth.
        let enough = if self.census.adopts_orphans() { 1 } else { 2 };
        while Instant::now() < until {
            let living = self.freeze();
            if self.is_over(&living) {
                quiet += 1;
                if quiet >= enough {
                    return;
                }
            }
            for process in living {
                let _ = deliver(&process, Signal::Kill);
                if met.insert(process.key()) {
                    ended.push(process);
                }
            }
            self.turn(Some(STEP));
        }
        for process in self.everybody() {
            eprintln!(
                "claude-harness supervisor: process {} ({}) cannot be ended",
                process.pid, process.name
            );
        }
    }

    /// Halts everybody before anybody is killed: what multiplies faster than it can be killed, or is brought back by
    /// those that watch it, then stands still.
    fn freeze(&mut self) -> Vec<Process> {
        let mut halted = HashSet::new();
        for _ in 0..FREEZES {
            let living = self.everybody();
            let new: Vec<&Process> = living
                .iter()
                .filter(|process| halted.insert(process.key()))
                .collect();
            if new.is_empty() {
                return living;
            }
            for process in new {
                let _ = deliver(process, Signal::Stop);
            }
        }
        self.everybody()
    }

    /// All that live, tools and what they started included.
    fn everybody(&mut self) -> Vec<Process> {
        let look = Look {
            known: &self.members,
            aside: &[],
            fresh: !self.census.adopts_orphans(),
        };
        let mut all = self.census.take(&look);
        all.retain(|process| !process.is_zombie());
        all
    }

    fn is_over(&mut self, living: &[Process]) -> bool {
        self.reap();
        // As a subreaper without a child the supervisor has no descendant either.
        living.is_empty() && (self.childless || !self.census.adopts_orphans())
    }

    /// Ends what the tools left behind while nothing of the run was started yet.
    pub(super) fn sweep(&mut self) {
        self.kill_all(&mut Vec::new(), &mut HashSet::new());
    }

    /// Notices a broken lifeline while requests are not served.
    fn hear_the_lifeline(&mut self) {
        for request in self.wire.requests() {
            eprintln!(
                "claude-harness supervisor: request {} came after the end",
                request.id
            );
        }
    }
}
