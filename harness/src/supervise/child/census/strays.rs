//! Ending a run whose supervisor was killed, from outside of it: by the marker, and by what was known last.

use super::deliver;
use super::listed::Listed;
use crate::supervise::{Process, Signal};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// The time between two looks.
const STEP: Duration = Duration::from_millis(10);
/// A process that does not die of `SIGKILL` within this time waits in the kernel.
const GIVE_UP: Duration = Duration::from_secs(10);

/// Kills all that bear the marker, or that are `known` and still themselves, and all that descend from those.
pub(in crate::supervise) fn end(marker: &(String, String), known: &HashMap<u32, Process>) {
    let Ok(mut listed) = Listed::new(marker) else {
        return;
    };
    let until = Instant::now() + GIVE_UP;
    let mut quiet = 0;
    // Twice: one that is just being born is in no listing.
    while quiet < 2 && Instant::now() < until {
        let strays = strays(listed.list(true), known);
        quiet = if strays.is_empty() { quiet + 1 } else { 0 };
        for stray in &strays {
            let _ = deliver(stray, Signal::Stop);
        }
        for stray in &strays {
            let _ = deliver(stray, Signal::Kill);
        }
        std::thread::sleep(STEP);
    }
}

fn strays(listing: Vec<Process>, known: &HashMap<u32, Process>) -> Vec<Process> {
    let own = std::process::id();
    let mut taken: HashSet<u32> = HashSet::new();
    let mut grown = true;
    while grown {
        grown = false;
        for process in &listing {
            let belongs = process.marked
                || known
                    .get(&process.pid)
                    .is_some_and(|known| same(known, process))
                || taken.contains(&process.parent);
            if belongs && process.pid != own {
                grown |= taken.insert(process.pid);
            }
        }
    }
    let lives = |process: &Process| taken.contains(&process.pid) && !process.is_zombie();
    listing.into_iter().filter(lives).collect()
}

/// Whether the number still stands for the process that had it: the supervisor may have counted its start in ticks.
fn same(known: &Process, now: &Process) -> bool {
    #[cfg(target_os = "linux")]
    if super::procfs::stat(now.pid).is_some_and(|stat| stat.started == known.started) {
        return true;
    }
    known.started == now.started
}
