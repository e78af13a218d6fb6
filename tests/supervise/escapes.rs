//! Processes that do all they can to get away.

use crate::trial;
use crate::world::{Actor, Way, World, born, died, until};
use claude_harness::supervise::{Event, Status, StopSpec, Supervisor, Tie};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

pub(crate) fn trials(way: Way) -> Vec<Trial> {
    let mut trials = vec![trial(
        way,
        "an_orphan_that_was_seen_is_found_with_its_ancestry",
        an_orphan_that_was_seen_is_found,
    )];
    trials.push(trial(
        way,
        "a_crowd_that_brings_itself_back_is_ended",
        a_crowd_that_brings_itself_back_is_ended,
    ));
    for (name, escape) in ESCAPES {
        trials.push(trial(
            way,
            &format!("an_unseen_orphan_{name}"),
            async move |way| unseen_orphan(way, escape).await,
        ));
    }
    trials
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number.cast_signed()).unwrap()
}

/// Double fork, new session, no descriptor, deaf to `SIGTERM`, another name; each step seen.
async fn an_orphan_that_was_seen_is_found(way: Way) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let mut backend = world.start(&supervisor, "backend").await;
    backend.ask("spawn middle");
    let mut middle = world.meet("middle");
    born(&mut supervisor, middle.pid).await;
    middle.ask("spawn deep cleared");
    let mut deep = world.meet("deep");
    born(&mut supervisor, deep.pid).await;
    for order in ["setsid", "defy", "close"] {
        deep.ask(order);
    }
    if cfg!(target_os = "linux") {
        deep.ask("rename kworker/0:1");
        until(&mut supervisor, |event| {
            matches!(event, Event::Became(process) if process.name == "kworker/0:1").then_some(())
        })
        .await;
    }
    middle.tell("exit 0");
    backend.ask("reap");
    died(&mut supervisor, middle.pid).await;
    let stopped = supervisor.stop(StopSpec::default()).await;
    assert!(matches!(stopped.status, Some(Status::Signaled(name, _)) if name == "SIGTERM"));
    let survivors = supervisor.survivors(Duration::from_millis(50)).await;
    assert_eq!(survivors.len(), 1, "{survivors:?}");
    let survivor = &survivors[0];
    assert_eq!(
        (survivor.process.pid, survivor.process.session),
        (deep.pid, deep.pid)
    );
    let ancestry: Vec<_> = survivor
        .ancestry
        .iter()
        .map(|a| (a.pid, a.alive, a.tie))
        .collect();
    assert_eq!(
        ancestry,
        [
            (middle.pid, false, Tie::Parent),
            (backend.pid, false, Tie::Parent)
        ]
    );
    assert_eq!(
        survivor.ancestry[0].command.last().map(String::as_str),
        Some("middle")
    );
    let finished = supervisor.finish().await.unwrap();
    assert_eq!(
        finished
            .ended
            .iter()
            .map(|process| process.pid)
            .collect::<Vec<_>>(),
        [deep.pid]
    );
    deep.gone();
}

/// Orphans by the dozen, deaf to `SIGTERM`, that start a new one for each that is killed.
async fn a_crowd_that_brings_itself_back_is_ended(way: Way) {
    const CROWD: usize = 20;
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let witness = world.actor_spec("witness").args;
    let exe = std::env::current_exe().unwrap();
    let arguments: Vec<_> = witness
        .iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let script = format!(
        "trap '' TERM; n=0; while [ $n -lt {CROWD} ]; do ( (while :; do '{}' {}; done) & ); n=$((n+1)); done",
        exe.display(),
        arguments.join(" "),
    );
    let backend = supervisor.spawn(&world.sh(&script)).await.unwrap();
    assert_eq!(
        died(&mut supervisor, backend).await,
        Some(Status::Exited(0))
    );
    let mut witnesses: Vec<Actor> = (0..CROWD).map(|_| world.meet("witness")).collect();
    for witness in &mut witnesses {
        witness.ask("defy");
    }
    let survivors = supervisor.survivors(Duration::from_millis(20)).await;
    assert_eq!(survivors.len(), 2 * CROWD, "{survivors:?}");
    let finished = supervisor.finish().await.unwrap();
    assert!(finished.ended.len() >= 2 * CROWD);
    for witness in witnesses {
        witness.gone();
    }
    let left = std::process::Command::new("ps")
        .args(["-A", "-o", "args"])
        .output()
        .unwrap();
    let socket = world.socket().display().to_string();
    assert!(!String::from_utf8_lossy(&left.stdout).contains(&socket));
}

/// What an orphan does before anybody looks.
#[derive(Clone, Copy)]
struct Escape {
    new_session: bool,
    cleared: bool,
    /// Whether the portable way finds it too.
    portable_finds_it: bool,
}

const ESCAPES: [(&str, Escape); 4] = [
    (
        "with_group_and_marker",
        Escape {
            new_session: false,
            cleared: false,
            portable_finds_it: true,
        },
    ),
    (
        "without_its_marker",
        Escape {
            new_session: false,
            cleared: true,
            portable_finds_it: true,
        },
    ),
    (
        "in_a_new_session",
        Escape {
            new_session: true,
            cleared: false,
            portable_finds_it: true,
        },
    ),
    (
        "without_any_tie",
        Escape {
            new_session: true,
            cleared: true,
            portable_finds_it: false,
        },
    ),
];

async fn unseen_orphan(way: Way, escape: Escape) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let mut backend = world.start(&supervisor, "backend").await;
    born(&mut supervisor, backend.pid).await;
    let deep = escape_unseen(&mut world, &supervisor, &mut backend, escape);
    backend.tell("exit 0");
    died(&mut supervisor, backend.pid).await;
    let survivors = supervisor.survivors(Duration::from_millis(50)).await;
    let found: Vec<u32> = survivors
        .iter()
        .map(|survivor| survivor.process.pid)
        .collect();
    if way == Way::Portable && !escape.portable_finds_it {
        assert!(found.is_empty(), "{survivors:?}");
        assert!(
            supervisor
                .limits()
                .iter()
                .any(|limit| limit.contains("cleared its environment"))
        );
        assert_eq!(supervisor.finish().await.unwrap().ended, []);
        kill_process(pid(deep.pid), Signal::KILL).unwrap();
    } else {
        assert_eq!(found, [deep.pid]);
        if !escape.new_session {
            assert_eq!(
                (survivors[0].ancestry[0].pid, survivors[0].ancestry[0].tie),
                (backend.pid, Tie::Group)
            );
        }
        let finished = supervisor.finish().await.unwrap();
        assert_eq!(
            finished
                .ended
                .iter()
                .map(|process| process.pid)
                .collect::<Vec<_>>(),
            [deep.pid]
        );
    }
    deep.gone();
}

/// The supervisor is halted meanwhile, so that what takes microseconds in the field is surely between two looks.
fn escape_unseen(
    world: &mut World,
    supervisor: &Supervisor,
    backend: &mut Actor,
    escape: Escape,
) -> Actor {
    kill_process(pid(supervisor.pid()), Signal::STOP).unwrap();
    backend.ask("spawn middle");
    let mut middle = world.meet("middle");
    middle.ask(if escape.cleared {
        "spawn deep cleared"
    } else {
        "spawn deep"
    });
    let mut deep = world.meet("deep");
    if escape.new_session {
        deep.ask("setsid");
    }
    deep.ask("defy");
    deep.ask("close");
    middle.tell("exit 0");
    backend.ask("reap");
    kill_process(pid(supervisor.pid()), Signal::CONT).unwrap();
    deep
}
