//! Writing down what the run's processes hold, step by step.

use crate::stage::Stage;
use crate::supervise::{Condition, Status, Supervisor, journal};
use crate::timeline::{Hang, Sample, Watched};
use mock_claude::ledger::Call;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a number that rose is looked at again: what an answer needed is given back a moment after its end.
const AGAIN: usize = 20;
/// The time between two such looks.
const PAUSE: Duration = Duration::from_millis(25);
/// How many looks a zombie must outlast to be one that nobody waits for.
const ZOMBIE_LOOKS: usize = 40;
/// More temporary files than that are not told apart.
const MOST_FILES: usize = 10_000;

/// Keeps what was seen of one run's processes.
pub(super) struct Keeper<'r> {
    stage: &'r Stage,
    /// Temporary files that were there before the run.
    before: BTreeSet<PathBuf>,
    watched: RefCell<Watched>,
}

impl<'r> Keeper<'r> {
    pub(super) fn new(stage: &'r Stage) -> Self {
        Self {
            stage,
            before: files(&stage.tmp),
            watched: RefCell::default(),
        }
    }

    /// Writes down what is held now. After an answer that came to its end (`settled`) more than after the one before
    /// is looked at again for a while.
    pub(super) async fn sample(
        &self,
        supervisor: &Supervisor,
        backend: u32,
        after: &str,
        settled: bool,
    ) {
        let mut sample = self.look(supervisor, backend).await;
        let before = self
            .watched
            .borrow()
            .samples
            .iter()
            .rev()
            .find(|one| one.settled)
            .cloned();
        if let Some(before) = before.filter(|_| settled) {
            for _ in 0..AGAIN {
                if sample.descriptors <= before.descriptors
                    && sample.temp_files <= before.temp_files
                {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
                sample = self.look(supervisor, backend).await;
            }
        }
        after.clone_into(&mut sample.after);
        sample.settled = settled;
        let mut watched = self.watched.borrow_mut();
        self.note_outside(&mut watched, &sample.conditions);
        watched.samples.push(sample);
    }

    async fn look(&self, supervisor: &Supervisor, backend: u32) -> Sample {
        let conditions = supervisor.conditions().await;
        let own = conditions.iter().find(|one| one.process.pid == backend);
        Sample {
            descriptors: own.and_then(|one| one.descriptors),
            temp_files: files(&self.stage.tmp).difference(&self.before).count(),
            conditions,
            ..Sample::default()
        }
    }

    /// Finds children that nobody waits for. One that has just ended is given time.
    pub(super) async fn look_for_zombies(&self, supervisor: &Supervisor) {
        let mut zombies = Vec::new();
        for _ in 0..ZOMBIE_LOOKS {
            zombies = supervisor.processes().await;
            zombies.retain(|process| process.is_zombie());
            if zombies.is_empty() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let mut names: Vec<String> = zombies
            .iter()
            // Its arguments are gone, unless they were read before it ended.
            .map(|zombie| format!("`{}`", zombie.name))
            .collect();
        names.sort();
        self.watched.borrow_mut().zombies = names;
    }

    fn note_outside(&self, watched: &mut Watched, conditions: &[Condition]) {
        let root = self.stage.root.canonicalize().ok();
        let on_stage = |path: &Path| {
            path.starts_with(&self.stage.root)
                || root.as_ref().is_some_and(|root| path.starts_with(root))
        };
        for path in conditions.iter().flat_map(|one| &one.writes) {
            if !on_stage(path) && !watched.outside.contains(path) {
                watched.outside.push(path.clone());
            }
        }
        watched.outside.sort();
    }

    /// All of it, once the run is over. The stand-in's own word fills in ends that nobody was told.
    pub(super) fn watched(self, calls: &[Call], hangs: Vec<Hang>) -> Watched {
        let mut watched = self.watched.into_inner();
        let entries = journal::read(&self.stage.root.join("supervisor"));
        watched.processes = journal::lives(&entries);
        for life in &mut watched.processes {
            let call = calls.iter().find(|call| call.start.pid == life.process.pid);
            if life.status.is_none() {
                life.status = call.and_then(Call::exit_code).map(Status::Exited);
            }
        }
        let now = files(&self.stage.tmp);
        watched.temp_files = now.difference(&self.before).cloned().collect();
        watched.hangs = hangs;
        watched
    }
}

/// The files below a folder, relative to it.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut next = vec![folder.to_path_buf()];
    while let Some(at) = next.pop() {
        for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
            if found.len() >= MOST_FILES {
                return found;
            }
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                next.push(path);
            } else if let Ok(below) = path.strip_prefix(folder) {
                found.insert(below.to_path_buf());
            }
        }
    }
    found
}
