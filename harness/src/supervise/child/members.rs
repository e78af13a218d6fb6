//! Who belongs to the run, and who begot whom.

use crate::supervise::process::Key;
use crate::supervise::{Ancestor, Event, Process, Status, Survivor, Tie};
use std::collections::{BTreeMap, HashMap};

/// The processes of the run: those that live, and the births of all that were ever seen.
#[derive(Default)]
pub(super) struct Members {
    live: BTreeMap<u32, Process>,
    births: HashMap<Key, Birth>,
    /// The last process that had a number.
    latest: HashMap<u32, Key>,
}

struct Birth {
    /// As it was seen last.
    process: Process,
    /// None: it was an orphan when it was first seen, or the supervisor started it.
    parent: Option<Key>,
}

impl Members {
    /// Replaces the known processes with a fresh listing, and returns what started and what is gone without a status.
    pub(super) fn update(&mut self, now: Vec<Process>) -> Vec<Event> {
        let mut events = Vec::new();
        let mut before = std::mem::take(&mut self.live);
        for process in &now {
            // All births first: a child may be listed before its parent.
            if !self.births.contains_key(&process.key()) {
                self.latest.insert(process.pid, process.key());
                self.births.insert(
                    process.key(),
                    Birth {
                        process: process.clone(),
                        parent: None,
                    },
                );
            }
        }
        for mut process in now {
            match before.remove(&process.pid) {
                Some(known) if known.started == process.started => {
                    if process.is_zombie() {
                        // A zombie has lost its arguments.
                        process.command.clone_from(&known.command);
                        process.marked = known.marked;
                    }
                    if (&process.name, &process.command) != (&known.name, &known.command) {
                        events.push(Event::Became(process.clone()));
                    }
                }
                other => {
                    if let Some(gone) = other {
                        events.push(Event::Died {
                            pid: gone.pid,
                            status: None,
                        });
                    }
                    let parent = self
                        .latest
                        .get(&process.parent)
                        .copied()
                        .filter(|key| *key != process.key());
                    if let Some(birth) = self.births.get_mut(&process.key()) {
                        birth.parent = parent;
                    }
                    events.push(Event::Born(process.clone()));
                }
            }
            if let Some(birth) = self.births.get_mut(&process.key()) {
                birth.process.clone_from(&process);
            }
            self.live.insert(process.pid, process);
        }
        events.extend(before.into_values().map(|gone| Event::Died {
            pid: gone.pid,
            status: None,
        }));
        events
    }

    /// The supervisor took the status of a child.
    pub(super) fn died(&mut self, pid: u32, status: Status) -> Event {
        self.live.remove(&pid);
        Event::Died {
            pid,
            status: Some(status),
        }
    }

    pub(super) fn live(&self) -> impl Iterator<Item = &Process> {
        self.live.values()
    }

    pub(super) fn get(&self, pid: u32) -> Option<&Process> {
        self.live.get(&pid)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Whether a process with this number was ever seen in the run.
    pub(super) fn ever_had(&self, pid: u32) -> bool {
        self.latest.contains_key(&pid)
    }

    /// Whether exactly this process was seen in the run.
    pub(super) fn knows(&self, key: Key) -> bool {
        self.births.contains_key(&key)
    }

    /// CPU time of all that were ever seen, as far as it was seen.
    pub(super) fn cpu_ms(&self) -> u64 {
        self.births.values().map(|birth| birth.process.cpu_ms).sum()
    }

    /// All that live and are no zombies, each with those that begot it.
    pub(super) fn survivors(&self) -> Vec<Survivor> {
        let living = self.live.values().filter(|process| !process.is_zombie());
        living
            .map(|process| Survivor {
                process: process.clone(),
                ancestry: self.ancestry(process.key()),
            })
            .collect()
    }

    fn ancestry(&self, of: Key) -> Vec<Ancestor> {
        let mut ancestry: Vec<Ancestor> = Vec::new();
        let mut at = of;
        while let Some((key, tie)) = self.closest_ancestor(at) {
            let Some(birth) = self.births.get(&key) else {
                break;
            };
            if key == of || ancestry.iter().any(|known| known.pid == key.pid) {
                break;
            }
            ancestry.push(Ancestor {
                pid: key.pid,
                name: birth.process.name.clone(),
                command: birth.process.command.clone(),
                alive: self
                    .live
                    .get(&key.pid)
                    .is_some_and(|live| live.key() == key),
                tie,
            });
            at = key;
        }
        ancestry
    }

    /// The parent; for one that was an orphan when first seen, the leader of its group or session.
    fn closest_ancestor(&self, of: Key) -> Option<(Key, Tie)> {
        let birth = self.births.get(&of)?;
        if let Some(parent) = birth.parent {
            return Some((parent, Tie::Parent));
        }
        let leaders = [
            (birth.process.group, Tie::Group),
            (birth.process.session, Tie::Session),
        ];
        leaders.into_iter().find_map(|(leader, tie)| {
            let key = *self.latest.get(&leader)?;
            (key != of && key.started <= of.started).then_some((key, tie))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32, group: u32, name: &str) -> Process {
        Process {
            pid,
            parent,
            group,
            session: group,
            started: 100 + u64::from(pid),
            name: name.to_string(),
            command: vec![name.to_string()],
            state: 'S',
            marked: true,
            cpu_ms: 10,
            rss_kb: 1,
        }
    }

    #[test]
    fn births_changes_and_deaths_are_told_once() {
        let mut members = Members::default();
        let told = members.update(vec![
            process(12, 11, 11, "child"),
            process(11, 1, 11, "main"),
        ]);
        assert!(
            matches!(&told[..], [Event::Born(a), Event::Born(b)] if a.pid == 12 && b.pid == 11)
        );
        assert_eq!(
            members.update(vec![
                process(12, 11, 11, "child"),
                process(11, 1, 11, "main")
            ]),
            []
        );
        let told = members.update(vec![
            process(12, 11, 11, "other"),
            process(11, 1, 11, "main"),
        ]);
        assert!(matches!(&told[..], [Event::Became(a)] if a.name == "other"));
        assert_eq!(
            members.update(vec![process(11, 1, 11, "main")]),
            [Event::Died {
                pid: 12,
                status: None
            }]
        );
        assert_eq!(
            members.died(11, Status::Exited(0)),
            Event::Died {
                pid: 11,
                status: Some(Status::Exited(0))
            }
        );
        assert!(members.is_empty());
    }

    #[test]
    fn a_number_that_is_used_again_is_another_process() {
        let mut members = Members::default();
        members.update(vec![process(11, 1, 11, "old")]);
        let mut new = process(11, 1, 11, "new");
        new.started = 999;
        let told = members.update(vec![new]);
        assert!(matches!(
            &told[..],
            [
                Event::Died {
                    pid: 11,
                    status: None
                },
                Event::Born(_)
            ]
        ));
    }

    #[test]
    fn the_ancestry_goes_through_the_dead() {
        let mut members = Members::default();
        members.update(vec![
            process(11, 1, 11, "main"),
            process(12, 11, 11, "middle"),
            process(13, 12, 13, "deep"),
        ]);
        members.update(vec![process(13, 1, 13, "deep")]);
        let survivors = members.survivors();
        let ancestry: Vec<_> = survivors[0]
            .ancestry
            .iter()
            .map(|a| (a.name.as_str(), a.alive, a.tie))
            .collect();
        assert_eq!(
            ancestry,
            [("middle", false, Tie::Parent), ("main", false, Tie::Parent)]
        );
    }

    #[test]
    fn an_orphan_that_was_never_seen_with_its_parent_is_tied_by_its_group() {
        let mut members = Members::default();
        members.update(vec![process(11, 1, 11, "main")]);
        members.update(vec![
            process(11, 1, 11, "main"),
            process(14, 1, 11, "orphan"),
        ]);
        let survivors = members.survivors();
        assert_eq!(survivors[1].ancestry.len(), 1);
        assert_eq!(
            (survivors[1].ancestry[0].pid, survivors[1].ancestry[0].tie),
            (11, Tie::Group)
        );
    }

    #[test]
    fn zombies_are_no_survivors_and_keep_their_arguments() {
        let mut members = Members::default();
        members.update(vec![process(11, 1, 11, "main")]);
        let mut zombie = process(11, 1, 11, "main");
        zombie.state = 'Z';
        zombie.command.clear();
        assert_eq!(members.update(vec![zombie]), []);
        assert_eq!(members.get(11).unwrap().command, ["main"]);
        assert!(members.survivors().is_empty());
    }
}
