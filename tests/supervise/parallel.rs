//! Many runs in one process.

use crate::trial;
use crate::world::{Way, World, block_on, died};
use claude_harness::supervise::{Status, StopSpec};
use libtest_mimic::Trial;
use std::time::Duration;

const RUNS: usize = 16;

pub(crate) fn trials(way: Way) -> Vec<Trial> {
    vec![trial(
        way,
        "sixteen_runs_in_parallel_do_not_disturb_each_other",
        sixteen_runs,
    )]
}

async fn sixteen_runs(way: Way) {
    let threads: Vec<_> = (0..RUNS)
        .map(|number| std::thread::spawn(move || block_on(one(way, number))))
        .collect();
    // All of them, before the first failure is passed on.
    let failed = threads
        .into_iter()
        .map(std::thread::JoinHandle::join)
        .filter(Result::is_err)
        .count();
    assert_eq!(failed, 0);
}

async fn one(way: Way, number: usize) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let mut backend = world.start(&supervisor, "backend").await;
    backend.ask("spawn child");
    let mut child = world.meet("child");
    child.ask("defy");
    // A child of this very process, which no supervisor may wait for.
    let mut own = std::process::Command::new("/bin/sh")
        .args(["-c", &format!("exit {number}")])
        .spawn()
        .unwrap();
    let mut listed: Vec<u32> = supervisor
        .processes()
        .await
        .iter()
        .map(|process| process.pid)
        .collect();
    listed.sort_unstable();
    let mut expected = vec![backend.pid, child.pid];
    expected.sort_unstable();
    assert_eq!(listed, expected);
    assert_eq!(own.wait().unwrap().code(), i32::try_from(number).ok());
    supervisor
        .stop(StopSpec {
            grace: crate::world::GIVE_UP,
            ..StopSpec::default()
        })
        .await;
    assert!(matches!(
        died(&mut supervisor, backend.pid).await,
        Some(Status::Signaled(_, 15))
    ));
    let survivors = supervisor.survivors(Duration::from_millis(20)).await;
    assert_eq!(
        survivors
            .iter()
            .map(|survivor| survivor.process.pid)
            .collect::<Vec<_>>(),
        [child.pid]
    );
    supervisor.finish().await.unwrap();
    child.gone();
}
