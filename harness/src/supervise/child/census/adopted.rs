//! Linux: the tree below the supervisor. As the child subreaper it becomes the parent of every orphan of the run, so
//! that no process can leave the tree, whatever it does to its group, session, descriptors, name or environment.

use super::{Census, Look, procfs};
use crate::supervise::Process;
use crate::supervise::child::members::Members;
use crate::supervise::process::Key;
use std::collections::{HashMap, HashSet};
use std::io;

pub(super) struct Adopted {
    own: u32,
    /// `NAME=value`.
    marker: Vec<u8>,
    /// Those that the last look met first: they may not have executed their program yet.
    young: HashSet<Key>,
}

impl Adopted {
    pub(super) fn new(marker: &(String, String)) -> io::Result<Adopted> {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        Ok(Adopted {
            own: std::process::id(),
            marker: format!("{}={}", marker.0, marker.1).into_bytes(),
            young: HashSet::new(),
        })
    }

    fn look_at(&self, pid: u32, look: &Look<'_>) -> Option<Process> {
        let stat = procfs::stat(pid)?;
        let key = Key {
            pid,
            started: stat.started,
        };
        let known = look.known.get(pid).filter(|known| {
            known.key() == key && known.name == stat.name && !known.command.is_empty()
        });
        let (command, marked) = match known.filter(|_| !look.fresh && !self.young.contains(&key)) {
            Some(known) => (known.command.clone(), known.marked),
            None => (
                procfs::command(pid),
                procfs::has_variable(pid, &self.marker),
            ),
        };
        Some(Process {
            pid,
            parent: stat.parent,
            group: stat.group,
            session: stat.session,
            started: stat.started,
            name: stat.name,
            command,
            state: stat.state,
            marked,
            cpu_ms: stat.cpu_ms,
            rss_kb: stat.rss_kb,
        })
    }

    fn descendants(&self, look: &Look<'_>) -> Vec<u32> {
        let mut seen = HashSet::from([self.own]);
        let mut found = Vec::new();
        if !descend(self.own, look.aside, &mut seen, &mut found) {
            return self.descendants_by_parent(look.aside);
        }
        // The list of children leaves out a sibling of one that ends while it is read. Whoever belonged to the run
        // still does as long as it lives.
        for known in look.known.live() {
            let lives = || procfs::stat(known.pid).is_some_and(|now| now.started == known.started);
            if !seen.contains(&known.pid) && lives() {
                seen.insert(known.pid);
                found.push(known.pid);
                descend(known.pid, look.aside, &mut seen, &mut found);
            }
        }
        found
    }

    /// For a kernel without lists of children.
    fn descendants_by_parent(&self, aside: &[u32]) -> Vec<u32> {
        let mut by_parent: HashMap<u32, Vec<u32>> = HashMap::new();
        for pid in procfs::all() {
            if let Some(stat) = procfs::stat(pid) {
                by_parent.entry(stat.parent).or_default().push(pid);
            }
        }
        let mut found = Vec::new();
        let mut next = vec![self.own];
        while let Some(pid) = next.pop() {
            for child in by_parent.remove(&pid).unwrap_or_default() {
                if !aside.contains(&child) {
                    found.push(child);
                    next.push(child);
                }
            }
        }
        found
    }
}

impl Census for Adopted {
    fn take(&mut self, look: &Look<'_>) -> Vec<Process> {
        let pids = self.descendants(look).into_iter();
        let found: Vec<Process> = pids.filter_map(|pid| self.look_at(pid, look)).collect();
        let keys = found.iter().map(Process::key);
        self.young = keys.filter(|key| !look.known.knows(*key)).collect();
        found
    }

    fn cpu_ms(&self, members: &Members) -> u64 {
        // What the supervisor has waited for is in its own account, with all that those had waited for.
        let dead = procfs::stat(self.own).map_or(0, |own| own.children_cpu_ms);
        let live = members
            .live()
            .filter_map(|process| procfs::stat(process.pid));
        dead + live
            .map(|stat| stat.cpu_ms + stat.children_cpu_ms)
            .sum::<u64>()
    }

    fn limits(&self) -> Vec<String> {
        vec![
            "A process that comes and goes within 20 ms may not be listed; none can be left over, though.".to_string(),
            "The harness and the supervisor killed at the same moment leave what the backend had started.".to_string(),
            "Files that are written are seen only while they are open; in between nothing is.".to_string(),
            "The exit status is known of processes whose parent is the supervisor: those that it started, and orphans."
                .to_string(),
        ]
    }

    fn adopts_orphans(&self) -> bool {
        true
    }
}

/// Adds all descendants; false where the kernel has no lists of children.
fn descend(from: u32, aside: &[u32], seen: &mut HashSet<u32>, found: &mut Vec<u32>) -> bool {
    let mut next = vec![from];
    while let Some(pid) = next.pop() {
        let Some(children) = procfs::children(pid) else {
            return false;
        };
        for child in children {
            if !aside.contains(&child) && seen.insert(child) {
                found.push(child);
                next.push(child);
            }
        }
    }
    true
}
