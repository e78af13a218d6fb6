//! How a process is started, and what it finds.

use crate::trial;
use crate::world::{Way, World, block_on, run};
use claude_harness::supervise::{
    SpawnError, SpawnFailure, SpawnSpec, Stdio, Step, SuperviseError, Supervisor,
};
use libtest_mimic::Trial;
use std::io::Write;
use std::process::Command;

pub(crate) const INHERIT_FLAG: &str = "--inheriting-harness";

pub(crate) fn trials(way: Way) -> Vec<Trial> {
    vec![
        trial(
            way,
            "exit_codes_and_signals_are_told_apart",
            exit_codes_and_signals_are_told_apart,
        ),
        trial(
            way,
            "both_outputs_arrive_to_the_last_half_line",
            both_outputs_arrive_to_the_last_half_line,
        ),
        trial(
            way,
            "the_environment_is_what_was_asked_for_and_the_marker",
            environment_and_marker,
        ),
        trial(
            way,
            "limits_mask_and_session_are_set",
            limits_mask_and_session_are_set,
        ),
        trial(
            way,
            "closed_descriptors_are_closed_and_no_other_is_open",
            closed_descriptors,
        ),
        trial(
            way,
            "a_refused_start_says_why_and_at_which_step",
            a_refused_start_says_why,
        ),
        trial(
            way,
            "an_executable_that_is_no_supervisor_is_said_to_be_none",
            no_supervisor,
        ),
        trial(
            way,
            "a_process_can_have_the_own_descriptors_of_the_harness",
            inherited_descriptors,
        ),
    ]
}

async fn exit_codes_and_signals_are_told_apart(way: Way) {
    let world = World::new(way);
    let mut supervisor = world.supervisor().await;
    assert_eq!(run(&mut supervisor, &world.sh("exit 0")).await.2, "exit 0");
    assert_eq!(
        run(&mut supervisor, &world.sh("exit 42")).await.2,
        "exit 42"
    );
    assert_eq!(
        run(&mut supervisor, &world.sh("kill -TERM $$")).await.2,
        "SIGTERM"
    );
    assert_eq!(
        run(&mut supervisor, &world.sh("kill -KILL $$")).await.2,
        "SIGKILL"
    );
    assert_eq!(supervisor.finish().await.unwrap().ended, []);
}

async fn both_outputs_arrive_to_the_last_half_line(way: Way) {
    let world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let script = r"printf 'one\n\ntwo \377\nlast'; printf 'warning\nhalf' >&2";
    let (out, err, _) = run(&mut supervisor, &world.sh(script)).await;
    assert_eq!(out, ["one", "", "two \u{fffd}", "last"]);
    assert_eq!(err, ["warning", "half"]);
}

async fn environment_and_marker(way: Way) {
    let world = World::new(way);
    let launch = world.launch();
    let marker = format!("{}={}", launch.marker.0, launch.marker.1);
    let mut supervisor = Supervisor::launch(launch).await.unwrap();
    let spec =
        SpawnSpec::new("/usr/bin/env".into(), world.dir.path().into()).env("ONLY", "this one");
    let (mut out, _, status) = run(&mut supervisor, &spec).await;
    out.sort();
    assert_eq!(
        (out, status.as_str()),
        (vec![marker, "ONLY=this one".to_string()], "exit 0")
    );
}

async fn limits_mask_and_session_are_set(way: Way) {
    let world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let script = "ulimit -Sn; ulimit -Sc; umask; [ \"$(ulimit -Hn)\" = 256 ] || echo hard kept; echo $0; read never";
    let mut spec = world.sh(script);
    (spec.nofile, spec.core, spec.umask, spec.new_session) =
        (Some(256), Some(0), Some(0o027), true);
    (spec.stdin, spec.arg0) = (Stdio::Pipe, Some("-sh".into()));
    spec.args.push("the zeroth".into());
    let pid = supervisor.spawn(&spec).await.unwrap();
    let mut lines = Vec::new();
    let lines = crate::world::until(&mut supervisor, |event| {
        if let claude_harness::supervise::Event::Log { line, .. } = event {
            lines.push(line);
        }
        (lines.len() == 5).then(|| std::mem::take(&mut lines))
    })
    .await;
    assert_eq!(lines, ["256", "0", "0027", "hard kept", "the zeroth"]);
    // It is blocked on its silent stdin, so it can be looked at.
    let processes = supervisor.processes().await;
    let process = processes.iter().find(|process| process.pid == pid).unwrap();
    assert_eq!(
        (process.session, process.group, process.marked),
        (pid, pid, true)
    );
    assert_eq!(process.command.first().map(String::as_str), Some("-sh"));
}

async fn closed_descriptors(way: Way) {
    let world = World::new(way);
    let mut supervisor = world.supervisor().await;
    let script =
        "for n in 0 2 3 4 5 6 7 8; do if (true 9<&$n); then echo $n open; fi; done; echo done";
    let mut spec = world.sh(script);
    (spec.stdin, spec.stderr) = (Stdio::Closed, Stdio::Closed);
    assert_eq!(run(&mut supervisor, &spec).await.0, ["done"]);
    (spec.stdin, spec.stderr) = (Stdio::Null, Stdio::Null);
    assert_eq!(
        run(&mut supervisor, &spec).await.0,
        ["0 open", "2 open", "done"]
    );
}

async fn a_refused_start_says_why(way: Way) {
    let world = World::new(way);
    let supervisor = world.supervisor().await;
    let dir = world.dir.path();
    std::fs::write(dir.join("plain"), "#!/bin/sh\n").unwrap();
    std::fs::write(dir.join("script"), "#!/no/such/interpreter\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir.join("script"), executable).unwrap();
    let refusals = [
        (dir.join("none"), dir.to_path_buf(), "ENOENT", Step::Program),
        (
            dir.join("script"),
            dir.to_path_buf(),
            "ENOENT",
            Step::Program,
        ),
        (
            dir.join("plain"),
            dir.to_path_buf(),
            "EACCES",
            Step::Program,
        ),
        (
            "/bin/sh".into(),
            dir.join("none"),
            "ENOENT",
            Step::WorkingDirectory,
        ),
        (
            "/bin/sh".into(),
            dir.join("plain"),
            "ENOTDIR",
            Step::WorkingDirectory,
        ),
    ];
    for (program, cwd, errno, step) in refusals {
        match supervisor
            .spawn(&SpawnSpec::new(program.clone(), cwd))
            .await
        {
            Err(SpawnError::Refused(SpawnFailure {
                program: named,
                errno: got,
                step: at,
                ..
            })) => {
                assert_eq!((named, got.as_str(), at), (program, errno, step));
            }
            other => panic!("{}: {other:?}", program.display()),
        }
    }
    let refused = supervisor
        .spawn(&SpawnSpec::new(dir.join("none"), dir.into()))
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "start {}: ENOENT: No such file or directory",
            dir.join("none").display()
        )
    );
    assert_eq!(supervisor.processes().await, []);
}

async fn no_supervisor(way: Way) {
    let world = World::new(way);
    let mut launch = world.launch();
    launch.executable = "/bin/false".into();
    if !launch.executable.exists() {
        launch.executable = "/usr/bin/false".into();
    }
    let error = Supervisor::launch(launch.clone()).await.err().unwrap();
    assert!(
        matches!(&error, SuperviseError::Silent { said, .. } if said.starts_with("it ended without a word")),
        "{error}"
    );
    launch.executable = world.dir.path().join("none");
    assert!(matches!(
        Supervisor::launch(launch).await,
        Err(SuperviseError::Start { .. })
    ));
}

async fn inherited_descriptors(way: Way) {
    let mut harness = Command::new(std::env::current_exe().unwrap())
        .args([INHERIT_FLAG, way.name()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    harness
        .stdin
        .take()
        .unwrap()
        .write_all(b"spoken to the harness\n")
        .unwrap();
    let output = harness.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "heard: spoken to the harness\n"
    );
    assert!(output.status.success());
}

/// A harness whose own stdin and stdout serve a process of its run, as `claude-harness exec` does it.
pub(crate) fn inheriting_harness() -> ! {
    let way = if std::env::args().any(|argument| argument == "portable") {
        Way::Portable
    } else {
        Way::Adopted
    };
    block_on(async {
        let world = World::new(way);
        let mut spec = world.sh("read line; echo \"heard: $line\"");
        (spec.stdin, spec.stdout) = (Stdio::Inherit, Stdio::Inherit);
        let closed = world.supervisor().await;
        assert!(
            matches!(closed.spawn(&spec).await, Err(SpawnError::Refused(refused)) if refused.step == Step::Preparation)
        );
        drop(closed);
        let mut launch = world.launch();
        launch.inherit = true;
        let supervisor = Supervisor::launch(launch).await.unwrap();
        let pid = supervisor.spawn(&spec).await.unwrap();
        // In the harness' own group, so that its terminal serves it; the supervisor is not.
        let group = |pid: u32| {
            rustix::process::getpgid(rustix::process::Pid::from_raw(pid.cast_signed())).ok()
        };
        assert_ne!(group(supervisor.pid()), Some(rustix::process::getpgrp()));
        supervisor.wait(pid).await.unwrap();
        supervisor.finish().await.unwrap();
    });
    std::process::exit(0)
}
