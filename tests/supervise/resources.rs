//! What processes hold, and what is written down of them.

use crate::trial;
use crate::world::{Way, World, born, died};
use claude_harness::supervise::{Condition, Status, Supervisor, journal};
use libtest_mimic::Trial;

pub(crate) fn trials(way: Way) -> Vec<Trial> {
    let lsof = ["/usr/sbin/lsof", "/usr/bin/lsof"]
        .iter()
        .any(|place| std::path::Path::new(place).exists());
    let ignored = way == Way::Portable && !lsof;
    vec![
        trial(
            way,
            "descriptors_ports_and_written_files_are_told_of_each_process",
            what_is_held,
        )
        .with_ignored_flag(ignored),
        trial(
            way,
            "a_child_that_is_not_waited_for_is_seen_as_a_zombie",
            a_zombie,
        ),
        trial(
            way,
            "births_and_ends_are_written_down_with_their_status",
            lives_are_written_down,
        ),
        trial(
            way,
            "a_killed_supervisor_leaves_a_readable_journal",
            a_journal_survives,
        ),
    ]
}

async fn condition(supervisor: &Supervisor, pid: u32) -> Condition {
    let conditions = supervisor.conditions().await;
    let found = conditions
        .into_iter()
        .find(|condition| condition.process.pid == pid);
    found.expect("a process of the run")
}

async fn what_is_held(way: Way) {
    let mut world = World::new(way);
    let supervisor = world.supervisor().await;
    let mut backend = world.start(&supervisor, "backend").await;
    let before = condition(&supervisor, backend.pid).await;
    assert_eq!((before.listens, before.writes), (vec![], vec![]));
    assert!(before.process.rss_kb > 0);
    let port: u16 = backend.ask("listen 127.0.0.1:0").parse().unwrap();
    let folder = world.dir.path().canonicalize().unwrap();
    let files = [folder.join("a"), folder.join("b")];
    backend.ask(&format!(
        "open {} {}",
        files[0].display(),
        files[1].display()
    ));
    let after = condition(&supervisor, backend.pid).await;
    assert_eq!((after.listens, after.writes), (vec![port], files.to_vec()));
    assert_eq!(
        after.descriptors.unwrap(),
        before.descriptors.unwrap() + 3,
        "a listener and two files"
    );
    if way == Way::Adopted {
        assert!(after.wait.is_some_and(|wait| !wait.is_empty()));
    }
}

async fn a_zombie(way: Way) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let mut backend = world.start(&supervisor, "backend").await;
    backend.ask("spawn child");
    let mut child = world.meet("child");
    born(&mut supervisor, child.pid).await;
    let pid = child.pid;
    child.tell("exit 3");
    child.gone();
    // Its end of the socket closes a moment before it is a zombie.
    loop {
        let processes = supervisor.processes().await;
        let child = processes.iter().find(|process| process.pid == pid);
        if child.expect("nobody waited for it").is_zombie() {
            break;
        }
    }
    backend.ask("reap");
    died(&mut supervisor, pid).await;
}

async fn lives_are_written_down(way: Way) {
    let mut world = World::new(way);
    let scratch = world.dir.path().join("scratch");
    let mut supervisor = world.supervisor().await;
    let mut backend = world.start(&supervisor, "backend").await;
    backend.ask("spawn child");
    let child = world.meet("child");
    born(&mut supervisor, child.pid).await;
    backend.tell("exit 7");
    died(&mut supervisor, backend.pid).await;
    supervisor.finish().await.unwrap();
    let lives = journal::lives(&journal::read(&scratch));
    let life = |pid| {
        lives
            .iter()
            .find(|life| life.process.pid == pid)
            .expect("a life")
    };
    assert_eq!(life(backend.pid).status, Some(Status::Exited(7)));
    assert_eq!(life(child.pid).parent, backend.pid);
    let killed = life(child.pid).status.as_ref().map(ToString::to_string);
    match way {
        Way::Adopted => {
            assert_eq!(killed.as_deref(), Some("SIGTERM"));
            assert!(life(child.pid).died_ms >= life(backend.pid).died_ms);
        }
        // Nobody was asked: its parent is process 1.
        Way::Portable => assert_eq!(killed, None),
    }
}

async fn a_journal_survives(way: Way) {
    let mut world = World::new(way);
    let scratch = world.dir.path().join("scratch");
    let mut supervisor = world.supervisor().await;
    let mut backend = world.start(&supervisor, "backend").await;
    backend.ask("print before the end");
    born(&mut supervisor, backend.pid).await;
    crate::world::until(&mut supervisor, |event| {
        matches!(event, claude_harness::supervise::Event::Log { .. }).then_some(())
    })
    .await;
    let pid = rustix::process::Pid::from_raw(supervisor.pid().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert!(supervisor.finish().await.is_err());
    let entries = journal::read(&scratch);
    let lives = journal::lives(&entries);
    assert_eq!(lives[0].process.pid, backend.pid);
    assert_eq!(lives[0].died_ms, None);
    let said = |entry: &journal::Entry| format!("{:?}", entry.event).contains("before the end");
    assert!(entries.iter().any(said));
}
