//! What is seen of a run while it lives.

use crate::trial;
use crate::world::{Way, World, born, died, until};
use claude_harness::supervise::{
    Event, Probe, ShellProbe, Signal, SignalError, Status, Supervisor, Way as Found,
};
use libtest_mimic::Trial;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub(crate) fn trials(way: Way) -> Vec<Trial> {
    vec![
        trial(
            way,
            "births_and_deaths_of_descendants_are_told",
            births_and_deaths_of_descendants_are_told,
        ),
        trial(
            way,
            "a_slow_harness_loses_no_line_and_holds_nobody_up",
            a_slow_harness_loses_no_line,
        ),
        trial(
            way,
            "cpu_grows_for_a_spinner_and_not_for_a_sleeper",
            cpu_grows_for_a_spinner_only,
        ),
        trial(
            way,
            "cpu_keeps_the_time_of_the_dead",
            cpu_keeps_the_time_of_the_dead,
        ),
        trial(
            way,
            "only_processes_of_the_run_can_be_signalled",
            only_processes_of_the_run_can_be_signalled,
        ),
        trial(
            way,
            "requests_of_a_terminal_to_end_do_not_end_the_supervisor",
            terminal_requests_are_ignored,
        ),
        trial(
            way,
            "a_probe_finds_programs_in_every_way",
            a_probe_finds_programs_in_every_way,
        ),
        trial(
            way,
            "a_login_shell_that_hangs_is_ended_and_not_taken_for_no",
            a_hanging_login_shell,
        ),
    ]
}

async fn births_and_deaths_of_descendants_are_told(way: Way) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let mut parent = world.start(&supervisor, "parent").await;
    let main = born(&mut supervisor, parent.pid).await;
    assert_eq!((main.parent, main.marked), (supervisor.pid(), true));
    parent.ask("spawn child");
    let mut child = world.meet("child");
    let seen = born(&mut supervisor, child.pid).await;
    assert_eq!(seen.parent, parent.pid);
    let listed = supervisor.processes().await;
    let actor = listed
        .iter()
        .find(|process| process.pid == child.pid)
        .unwrap();
    assert_eq!(actor.command.last().map(String::as_str), Some("child"));
    child.tell("exit 3");
    parent.ask("reap");
    // Its parent took the status.
    assert_eq!(died(&mut supervisor, child.pid).await, None);
    parent.tell("exit 4");
    assert_eq!(
        died(&mut supervisor, parent.pid).await,
        Some(Status::Exited(4))
    );
    assert_eq!(supervisor.ended(parent.pid), Some(Some(Status::Exited(4))));
    assert_eq!(supervisor.processes().await, []);
}

async fn a_slow_harness_loses_no_line(way: Way) {
    const LINES: usize = 20_000;
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let mut actor = world.start(&supervisor, "writer").await;
    // Nothing on this thread takes an event meanwhile; megabytes stay with the supervisor.
    actor.ask(&format!("flood {LINES}"));
    actor.tell("exit 0");
    let mut lines = Vec::new();
    until(&mut supervisor, |event| match event {
        Event::Log { line, .. } => {
            lines.push(line);
            None
        }
        Event::Died { .. } => Some(()),
        _ => None,
    })
    .await;
    assert_eq!(lines.len(), LINES);
    for (number, line) in lines.iter().enumerate() {
        assert!(line.starts_with(&format!("line {number} ")), "{line}");
    }
}

/// Asks until the run has used so much CPU time; gives way each time, so that the test can be given up.
async fn until_used(supervisor: &Supervisor, ms: u64) {
    while supervisor.cpu().await < ms {
        tokio::task::yield_now().await;
    }
}

async fn cpu_grows_for_a_spinner_only(way: Way) {
    let (mut busy, mut idle) = (World::new(way), World::new(way));
    let (spinning, sleeping) = (busy.supervisor().await, idle.supervisor().await);
    let mut spinner = busy.start(&spinning, "spinner").await;
    let _sleeper = idle.start(&sleeping, "sleeper").await;
    let rest = sleeping.cpu().await;
    spinner.ask("spin");
    let start = spinning.cpu().await;
    until_used(&spinning, start + 200).await;
    assert_eq!(sleeping.cpu().await, rest);
}

async fn cpu_keeps_the_time_of_the_dead(way: Way) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let mut parent = world.start(&supervisor, "parent").await;
    parent.ask("spawn spinner");
    let mut spinner = world.meet("spinner");
    spinner.ask("spin");
    until_used(&supervisor, 200).await;
    spinner.tell("exit 0");
    parent.ask("reap");
    died(&mut supervisor, spinner.pid).await;
    assert!(supervisor.cpu().await >= 200);
    parent.tell("exit 0");
    died(&mut supervisor, parent.pid).await;
    assert!(supervisor.cpu().await >= 200);
}

async fn only_processes_of_the_run_can_be_signalled(way: Way) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let actor = world.start(&supervisor, "one").await;
    for stranger in [std::process::id(), supervisor.pid(), 1] {
        let refused = supervisor.signal(stranger, Signal::Cont).await;
        assert!(
            matches!(refused, Err(SignalError::NotOfThisRun(pid)) if pid == stranger),
            "{refused:?}"
        );
    }
    supervisor.signal(actor.pid, Signal::Usr1).await.unwrap();
    assert!(
        matches!(died(&mut supervisor, actor.pid).await, Some(Status::Signaled(name, _)) if name == "SIGUSR1")
    );
}

async fn terminal_requests_are_ignored(way: Way) {
    use rustix::process::{Pid, Signal as System, getpgid, getpgrp, kill_process};
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let pid = Pid::from_raw(supervisor.pid().cast_signed()).unwrap();
    assert_ne!(getpgid(Some(pid)).unwrap(), getpgrp());
    for signal in [System::INT, System::TERM, System::HUP, System::QUIT] {
        kill_process(pid, signal).unwrap();
    }
    let actor = world.start(&supervisor, "one").await;
    // Caught, not ignored: in the processes of the run they have their usual effect.
    supervisor.signal(actor.pid, Signal::Hup).await.unwrap();
    assert!(
        matches!(died(&mut supervisor, actor.pid).await, Some(Status::Signaled(name, _)) if name == "SIGHUP")
    );
}

fn script(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, PermissionsExt::from_mode(0o755)).unwrap();
}

async fn a_probe_finds_programs_in_every_way(way: Way) {
    let world = World::new(way);
    let launch = world.launch();
    let supervisor = Supervisor::launch(launch).await.unwrap();
    let dir = world.dir.path();
    for folder in ["first", "second", "opt"] {
        std::fs::create_dir(dir.join(folder)).unwrap();
    }
    std::fs::write(dir.join("first/tool"), "not executable").unwrap();
    script(&dir.join("second/tool"), "");
    script(&dir.join("opt/tool"), "");
    let noisy = "#!/bin/sh\necho 'Welcome back'\n[ \"$1\" = -lc ] || exit 9\ncase $2 in *tool) echo /from/profile/tool;; *) exit 1;; esac\n";
    script(&dir.join("shell"), noisy);
    let shell = ShellProbe {
        shell: dir.join("shell"),
        env: BTreeMap::new(),
        cwd: dir.into(),
        limit_ms: 60_000,
    };
    let probe = Probe {
        names: vec!["tool".to_string(), "sh".to_string()],
        path: vec![dir.join("first"), dir.join("second")],
        places: vec![
            dir.join("opt"),
            dir.join("second/tool"),
            dir.join("none/tool"),
        ],
        shell: Some(shell),
    };
    let probed = supervisor.probe(probe).await.unwrap();
    let mut found: Vec<_> = probed
        .sightings
        .into_iter()
        .map(|sighting| (sighting.name, sighting.way, sighting.path))
        .collect();
    let sh = found
        .iter()
        .position(|(name, ..)| name == "sh")
        .expect("sh is on libc's default path");
    assert_eq!(found.remove(sh).1, Found::DefaultPath);
    let tool = "tool".to_string();
    let expected = [
        (tool.clone(), Found::Path, dir.join("second/tool")),
        (tool.clone(), Found::Place, dir.join("opt/tool")),
        (tool.clone(), Found::Place, dir.join("second/tool")),
        (tool, Found::LoginShell, "/from/profile/tool".into()),
    ];
    assert_eq!(found, expected);
    assert_eq!(probed.unanswered, []);
}

async fn a_hanging_login_shell(way: Way) {
    let mut world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let dir = world.dir.path().to_path_buf();
    let exe = std::env::current_exe().unwrap();
    let actor = |name: &str| {
        format!(
            "'{}' {} '{}' {name}",
            exe.display(),
            crate::actor::FLAG,
            world.socket().display()
        )
    };
    script(
        &dir.join("shell"),
        &format!(
            "#!/bin/sh\n{} &\nexec {}\n",
            actor("agent"),
            actor("prompt")
        ),
    );
    let shell = ShellProbe {
        shell: dir.join("shell"),
        env: BTreeMap::new(),
        cwd: dir.clone(),
        limit_ms: 1_000,
    };
    let probe = Probe {
        names: vec!["node".to_string()],
        shell: Some(shell),
        ..Probe::default()
    };
    let probed = supervisor.probe(probe).await.unwrap();
    assert_eq!(probed.unanswered.len(), 1, "{probed:?}");
    assert_eq!(probed.unanswered[0].reason, "no answer in time");
    // Whoever of the two got as far as to say hello is dead.
    world.start(&supervisor, "backend").await.tell("exit 0");
    assert_eq!(supervisor.survivors(crate::world::GIVE_UP).await, []);
    let missing = ShellProbe {
        shell: dir.join("none"),
        env: BTreeMap::new(),
        cwd: dir,
        limit_ms: 1_000,
    };
    let probe = Probe {
        names: vec!["node".to_string()],
        shell: Some(missing),
        ..Probe::default()
    };
    assert!(
        supervisor.probe(probe).await.unwrap().unanswered[0]
            .reason
            .ends_with("none: ENOENT")
    );
}
