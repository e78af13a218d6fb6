//! How a run ends, and that nothing outlives it.

use crate::trial;
use crate::world::{Way, World, block_on, died};
use claude_harness::supervise::{Status, StopSpec, Stopped, SuperviseError, Supervisor};
use libtest_mimic::Trial;
use std::process::{Command, Stdio};
use std::time::Duration;

pub(crate) const HARNESS_FLAG: &str = "--harness";

pub(crate) fn trials(way: Way) -> Vec<Trial> {
    vec![
        trial(
            way,
            "a_backend_that_ends_when_asked_leaves_nobody",
            a_backend_that_ends_when_asked_leaves_nobody,
        ),
        trial(
            way,
            "a_backend_that_ignores_the_request_is_killed",
            a_backend_that_ignores_the_request_is_killed,
        ),
        trial(
            way,
            "a_backend_that_ended_before_keeps_its_status",
            a_backend_that_ended_before_keeps_its_status,
        ),
        trial(
            way,
            "finish_ends_and_names_all_that_are_left",
            finish_ends_and_names_all_that_are_left,
        ),
        trial(
            way,
            "dropping_the_handle_ends_the_run",
            dropping_the_handle_ends_the_run,
        ),
        trial(
            way,
            "a_killed_harness_takes_its_run_along",
            a_killed_harness_takes_its_run_along,
        ),
        trial(
            way,
            "a_killed_harness_takes_sixteen_runs_along",
            a_killed_harness_takes_sixteen_runs_along,
        ),
        trial(
            way,
            "a_killed_supervisor_leaves_nobody",
            a_killed_supervisor_leaves_nobody,
        ),
        trial(
            way,
            "a_halted_supervisor_goes_on_when_it_is_needed",
            a_halted_supervisor_goes_on_when_it_is_needed,
        ),
        trial(
            way,
            "a_supervisor_that_is_halted_again_and_again_blocks_nobody",
            a_supervisor_that_is_halted_again_and_again_blocks_nobody,
        ),
        trial(
            way,
            "a_halted_supervisor_s_run_ends_with_its_harness",
            a_halted_supervisor_s_run_ends_with_its_harness,
        ),
        trial(
            way,
            "a_run_ends_also_when_harness_and_supervisor_are_killed_together",
            a_run_ends_also_when_harness_and_supervisor_are_killed_together,
        ),
        trial(
            way,
            "a_supervisor_that_is_gone_is_said_to_be",
            a_supervisor_that_is_gone_is_said_to_be,
        ),
    ]
}

async fn a_backend_that_ends_when_asked_leaves_nobody(way: Way) {
    let world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let spec = world.sh(
        "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 100 & wait $!; kill $!; done",
    );
    supervisor.spawn(&spec).await.unwrap();
    crate::world::until(&mut supervisor, |event| {
        matches!(event, claude_harness::supervise::Event::Log { line, .. } if line == "up")
            .then_some(())
    })
    .await;
    let stopped = supervisor
        .stop(StopSpec {
            grace: crate::world::GIVE_UP,
            ..StopSpec::default()
        })
        .await;
    assert_eq!(
        stopped,
        Stopped {
            status: Some(Status::Exited(5)),
            forced: false
        }
    );
    // Its `sleep` may be there still: that is what survivors are for. A sound backend has none.
    supervisor.finish().await.unwrap();

    let mut supervisor = world.supervisor().await;
    supervisor
        .spawn(&world.sh("exec sleep 1000"))
        .await
        .unwrap();
    let stopped = supervisor.stop(StopSpec::default()).await;
    assert!(
        matches!(stopped, Stopped { status: Some(Status::Signaled(name, 15)), forced: false } if name == "SIGTERM")
    );
    assert_eq!(supervisor.survivors(Duration::from_secs(60)).await, []);
    assert_eq!(supervisor.finish().await.unwrap().ended, []);
}

async fn a_backend_that_ignores_the_request_is_killed(way: Way) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let mut actor = world.start(&supervisor, "deaf").await;
    actor.ask("defy");
    let stopped = supervisor
        .stop(StopSpec {
            grace: Duration::from_millis(50),
            ..StopSpec::default()
        })
        .await;
    assert_eq!(
        stopped,
        Stopped {
            status: Some(Status::Signaled("SIGKILL".to_string(), 9)),
            forced: true
        }
    );
    actor.gone();
}

async fn a_backend_that_ended_before_keeps_its_status(way: Way) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    assert_eq!(
        supervisor.stop(StopSpec::default()).await,
        Stopped {
            status: None,
            forced: false
        }
    );
    let mut actor = world.start(&supervisor, "short").await;
    actor.tell("exit 7");
    died(&mut supervisor, actor.pid).await;
    let stopped = supervisor.stop(StopSpec::default()).await;
    assert_eq!(
        stopped,
        Stopped {
            status: Some(Status::Exited(7)),
            forced: false
        }
    );
}

async fn finish_ends_and_names_all_that_are_left(way: Way) {
    let mut world = World::new(way);
    let supervisor = world.supervisor().await;
    let mut polite = world.start(&supervisor, "polite").await;
    polite.ask("spawn deaf");
    let mut deaf = world.meet("deaf");
    deaf.ask("defy");
    deaf.ask("print the last words");
    let finished = supervisor.finish().await.unwrap();
    let mut ended: Vec<u32> = finished.ended.iter().map(|process| process.pid).collect();
    ended.sort_unstable();
    let mut expected = vec![polite.pid, deaf.pid];
    expected.sort_unstable();
    assert_eq!(ended, expected);
    let said = finished.events.iter().any(
        |event| matches!(event, claude_harness::supervise::Event::Log { line, .. } if line == "the last words"),
    );
    assert!(said, "{:?}", finished.events);
    polite.gone();
    deaf.gone();
}

async fn dropping_the_handle_ends_the_run(way: Way) {
    let mut world = World::new(way);
    let supervisor = world.supervisor().await;
    let mut parent = world.start(&supervisor, "parent").await;
    parent.ask("spawn child");
    let mut child = world.meet("child");
    child.ask("setsid");
    child.ask("defy");
    drop(supervisor);
    parent.gone();
    child.gone();
}

async fn a_killed_harness_takes_its_run_along(way: Way) {
    let mut world = World::new(way);
    let exe = std::env::current_exe().unwrap();
    let mut harness = Command::new(exe)
        .args([HARNESS_FLAG, way.name()])
        .arg(world.socket())
        .arg("1")
        // It cannot remove its own folder any more, so that lies in this one.
        .env("TMPDIR", world.dir.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut parent = world.meet("parent-0");
    parent.ask("spawn child");
    let mut child = world.meet("child");
    for order in ["setsid", "defy", "close"] {
        child.ask(order);
    }
    // The parent is dead too, so that the child is an orphan already.
    parent.tell("exit 0");
    parent.gone();
    harness.kill().unwrap();
    harness.wait().unwrap();
    child.gone();
}

async fn a_halted_supervisor_s_run_ends_with_its_harness(way: Way) {
    without_supervisor(way, rustix::process::Signal::STOP);
}

async fn a_run_ends_also_when_harness_and_supervisor_are_killed_together(way: Way) {
    without_supervisor(way, rustix::process::Signal::KILL);
}

/// A deaf orphan of a harness that is killed after its supervisor got a signal.
fn without_supervisor(way: Way, signal: rustix::process::Signal) {
    let mut world = World::new(way);
    let exe = std::env::current_exe().unwrap();
    let mut harness = Command::new(exe)
        .args([HARNESS_FLAG, way.name()])
        .arg(world.socket())
        .arg("1")
        .env("TMPDIR", world.dir.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut parent = world.meet("parent-0");
    parent.ask("spawn child");
    let mut child = world.meet("child");
    for order in ["setsid", "defy", "close"] {
        child.ask(order);
    }
    parent.ask("defy");
    let listed = Command::new("ps")
        .args(["-o", "ppid=", "-p", &parent.pid.to_string()])
        .output()
        .unwrap();
    let number = String::from_utf8(listed.stdout).unwrap();
    let supervisor = rustix::process::Pid::from_raw(number.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(supervisor, signal).unwrap();
    harness.kill().unwrap();
    harness.wait().unwrap();
    parent.gone();
    child.gone();
}

/// Sixteen runs of one harness, each with a backend that is deaf and has a deaf child without any descriptor.
async fn a_killed_harness_takes_sixteen_runs_along(way: Way) {
    const RUNS: usize = 16;
    let mut world = World::new(way);
    let exe = std::env::current_exe().unwrap();
    let mut harness = Command::new(exe)
        .args([HARNESS_FLAG, way.name()])
        .arg(world.socket())
        .arg(RUNS.to_string())
        .env("TMPDIR", world.dir.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut left = Vec::new();
    for number in 0..RUNS {
        let mut parent = world.meet(&format!("parent-{number}"));
        parent.ask(&format!("spawn child-{number}"));
        let mut child = world.meet(&format!("child-{number}"));
        for order in ["setsid", "defy", "close"] {
            child.ask(order);
        }
        parent.ask("defy");
        left.extend([parent, child]);
    }
    harness.kill().unwrap();
    harness.wait().unwrap();
    for actor in left {
        actor.gone();
    }
}

/// A harness that has started backends and then does nothing: `<way> <socket of the test> <how many runs>`.
pub(crate) fn harness(arguments: &[String]) -> ! {
    let [way, socket, runs] = arguments else {
        panic!("a way, a socket and a number")
    };
    let way = if way == "portable" {
        Way::Portable
    } else {
        Way::Adopted
    };
    block_on(async {
        let mut held = Vec::new();
        for number in 0..runs.parse().expect("a number") {
            let world = World::new(way);
            let supervisor = world.supervisor().await;
            let name = format!("parent-{number}");
            let mut spec = world.actor_spec(&name);
            spec.args[1] = socket.into();
            supervisor.spawn(&spec).await.unwrap();
            held.push((world, supervisor));
        }
        std::future::pending::<()>().await;
    });
    unreachable!("the test ends this process")
}

/// Without the supervisor its run is ended by the harness; on Linux the system ends the backend even before that.
async fn a_killed_supervisor_leaves_nobody(way: Way) {
    for finishing in [true, false] {
        let mut world = World::new(way);
        let mut supervisor = world.supervisor().await;
        let mut backend = world.start(&supervisor, "backend").await;
        backend.ask("spawn known cleared");
        let mut known = world.meet("known");
        known.ask("setsid");
        crate::world::born(&mut supervisor, known.pid).await;
        backend.ask("spawn marked");
        let mut marked = world.meet("marked");
        for actor in [&mut backend, &mut known, &mut marked] {
            actor.ask("defy");
            actor.ask("close");
        }
        let pid = rustix::process::Pid::from_raw(supervisor.pid().cast_signed()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        if cfg!(target_os = "linux") {
            backend.gone();
        }
        if finishing {
            assert!(matches!(
                supervisor.finish().await,
                Err(SuperviseError::Gone)
            ));
        } else {
            drop(supervisor);
        }
        known.gone();
        marked.gone();
    }
}

async fn a_halted_supervisor_goes_on_when_it_is_needed(way: Way) {
    let mut world = World::new(way);
    let supervisor = world.supervisor().await;
    let backend = world.start(&supervisor, "backend").await;
    let pid = rustix::process::Pid::from_raw(supervisor.pid().cast_signed()).unwrap();
    let halt = || rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    halt();
    assert_eq!(supervisor.processes().await.len(), 1);
    halt();
    assert_eq!(supervisor.finish().await.unwrap().ended.len(), 1);
    backend.gone();
}

async fn a_supervisor_that_is_halted_again_and_again_blocks_nobody(way: Way) {
    let mut world = World::new(way);
    let mut launch = world.launch();
    launch.answers_within = Duration::from_millis(200);
    let supervisor = Supervisor::launch(launch).await.unwrap();
    let actor = world.start(&supervisor, "actor").await;
    let halter = world.sh("trap '' TERM; while :; do kill -STOP $PPID; done");
    // Its start may be answered too late already.
    let _ = supervisor.spawn(&halter).await;
    // It may get a word in between; what counts is that each of these comes back.
    supervisor.processes().await;
    supervisor.cpu().await;
    let _ = supervisor.finish().await;
    actor.gone();
}

async fn a_supervisor_that_is_gone_is_said_to_be(way: Way) {
    let world = World::new(way);
    let mut supervisor: Supervisor = world.supervisor().await;
    let pid = rustix::process::Pid::from_raw(supervisor.pid().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert_eq!(supervisor.next_event().await, None);
    assert_eq!(supervisor.processes().await, []);
    let refused = supervisor.spawn(&world.sh("true")).await.unwrap_err();
    assert_eq!(refused.to_string(), "reach the supervisor: it is gone");
    assert!(matches!(
        supervisor.finish().await,
        Err(SuperviseError::Gone)
    ));
}
