//! Several runs at the same time, reported in their order.

use super::{Catalog, Compare, Planned, Report, SelectError, run};
use crate::stage;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// What a pool of workers does.
#[derive(Debug)]
pub struct Job<'j> {
    /// The runs.
    pub planned: &'j [Planned],
    /// What they can name.
    pub catalog: &'j Catalog,
    /// What happens to snapshots.
    pub compare: &'j Compare,
    /// Whether stages of passed runs are kept, too.
    pub keep_stage: bool,
    /// How many run at the same time.
    pub workers: usize,
}

/// Performs all runs; `done` hears of each in the order in which they were planned, as soon as it and all
/// before it are finished.
///
/// # Errors
/// The executables that play roles on stages cannot be put in place.
pub fn run_all(job: &Job<'_>, mut done: impl FnMut(&Report)) -> Result<Vec<Report>, SelectError> {
    // Before there are threads: a thread that forks while another one copies an executable makes it "busy".
    let executables = &stage::prepare(&job.catalog.executable, job.catalog.node.as_deref())?;
    let next = AtomicUsize::new(0);
    let mut slots: Vec<Option<Report>> = job.planned.iter().map(|_| None).collect();
    let mut told = 0;
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..job.workers.clamp(1, job.planned.len().max(1)) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(planned) = job.planned.get(index) else {
                        return;
                    };
                    let report = run(
                        planned,
                        job.catalog,
                        executables,
                        job.compare,
                        job.keep_stage,
                    );
                    if sender.send((index, report)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (index, report) in receiver {
            slots[index] = Some(report);
            while let Some(Some(report)) = slots.get(told) {
                done(report);
                told += 1;
            }
        }
    });
    Ok(slots.into_iter().flatten().collect())
}
