//! Files that do not exist for the run, and folders that it cannot write to.

use crate::world::{Way, World, block_on, run};
use claude_harness::supervise::{
    IsolationLevel, Launch, Probe, SpawnError, SpawnSpec, Step, Supervisor,
};
use libtest_mimic::Trial;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub(crate) fn trials() -> Vec<Trial> {
    let reason = unavailable();
    if let Some(reason) = &reason {
        eprintln!("masked::* are ignored: {reason}");
    }
    let trials = vec![
        trial(
            "a_hidden_file_is_missing_and_its_neighbours_are_not",
            a_hidden_file_is_missing,
        ),
        trial(
            "a_system_tool_is_hidden_behind_every_path_and_stays_on_the_host",
            a_system_tool_is_hidden,
        ),
        trial(
            "nothing_to_hide_is_told_apart_from_all_hidden",
            nothing_to_hide,
        ),
        trial(
            "a_read_only_folder_is_so_in_the_run_only_also_for_root",
            a_read_only_folder,
        ),
        trial(
            "a_folder_that_cannot_be_read_only_is_told_with_its_reason",
            a_folder_that_cannot_be,
        ),
    ];
    trials
        .into_iter()
        .map(|trial| trial.with_ignored_flag(reason.is_some()))
        .collect()
}

fn trial(name: &str, test: impl AsyncFnOnce() + Send + 'static) -> Trial {
    Trial::test(format!("masked::{name}"), move || {
        block_on(test());
        Ok(())
    })
}

fn way() -> Way {
    Way::here()[0]
}

/// Why files cannot be hidden here.
fn unavailable() -> Option<String> {
    let mut reason = None;
    block_on(async {
        let (world, tools) = (World::new(way()), Tools::new());
        let supervisor = Supervisor::launch(tools.hidden_from(&world))
            .await
            .expect("a supervisor");
        reason.clone_from(&supervisor.isolation().reason);
    });
    reason
}

/// A folder with two tools, away from the stage.
struct Tools(tempfile::TempDir);

impl Tools {
    fn new() -> Tools {
        // What an overlay would have to escape is in its name.
        let dir = tempfile::Builder::new()
            .prefix("tools, with: odd \\ name ")
            .tempdir()
            .unwrap();
        for name in ["tool", "other"] {
            std::fs::write(dir.path().join(name), "#!/bin/sh\necho here\n").unwrap();
            std::fs::set_permissions(dir.path().join(name), PermissionsExt::from_mode(0o755))
                .unwrap();
        }
        std::os::unix::fs::symlink("other", dir.path().join("link")).unwrap();
        Tools(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    fn hidden_from(&self, world: &World) -> Launch {
        let mut launch = world.launch();
        launch.hide = vec![
            self.path("tool"),
            self.path("link"),
            self.path("never was there"),
        ];
        launch
    }
}

fn refused_as_missing(result: Result<u32, SpawnError>) -> bool {
    matches!(result, Err(SpawnError::Refused(refused)) if refused.errno == "ENOENT" && refused.step == Step::Program)
}

async fn a_hidden_file_is_missing() {
    let (world, tools) = (World::new(way()), Tools::new());
    let mut supervisor = Supervisor::launch(tools.hidden_from(&world)).await.unwrap();
    let isolation = supervisor.isolation().clone();
    assert_eq!(
        (isolation.level, isolation.reason),
        (IsolationLevel::Masked, None)
    );
    assert_eq!(isolation.hidden, [tools.path("tool"), tools.path("link")]);
    let spec = |name| SpawnSpec::new(tools.path(name), world.dir.path().into());
    assert!(refused_as_missing(supervisor.spawn(&spec("tool")).await));
    assert!(refused_as_missing(supervisor.spawn(&spec("link")).await));
    assert_eq!(run(&mut supervisor, &spec("other")).await.0, ["here"]);
    let mut list = world.sh("ls; echo new > made-by-the-run");
    list.cwd = tools.path("");
    assert_eq!(run(&mut supervisor, &list).await.0, ["other"]);
    // The host has lost nothing, and got nothing.
    let mut names: Vec<_> = std::fs::read_dir(tools.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["link", "other", "tool"]);
    // The stage is shared as ever, and can be removed.
    run(&mut supervisor, &world.sh("echo kept > on-the-stage")).await;
    assert_eq!(
        std::fs::read_to_string(world.dir.path().join("on-the-stage")).unwrap(),
        "kept\n"
    );
    supervisor.finish().await.unwrap();
    world.dir.close().unwrap();
}

async fn a_system_tool_is_hidden() {
    let tool = Path::new("/usr/bin/true");
    let world = World::new(way());
    let mut launch = world.launch();
    launch.hide = vec!["/usr/bin/true".into(), "/bin/true".into()];
    let mut supervisor = Supervisor::launch(launch).await.unwrap();
    assert_eq!(
        supervisor.isolation().level,
        IsolationLevel::Masked,
        "{:?}",
        supervisor.isolation()
    );
    let probe = Probe {
        names: vec!["true".to_string()],
        path: vec!["/usr/bin".into(), "/bin".into()],
        places: vec![tool.into(), "/bin/true".into()],
        shell: None,
    };
    assert_eq!(supervisor.probe(probe).await.unwrap().sightings, []);
    for path in ["/usr/bin/true", "/bin/true"] {
        assert!(refused_as_missing(
            supervisor
                .spawn(&SpawnSpec::new(path.into(), "/".into()))
                .await
        ));
    }
    // Its folder works as before.
    assert_eq!(
        run(
            &mut supervisor,
            &world.sh("ls / > /dev/null && env | grep -c PATH")
        )
        .await
        .0,
        ["1"]
    );
    assert!(std::process::Command::new(tool).status().unwrap().success());
}

async fn nothing_to_hide() {
    let world = World::new(way());
    let supervisor = world.supervisor().await;
    assert_eq!(supervisor.isolation().level, IsolationLevel::Paths);
    assert_eq!(
        supervisor.isolation().reason.as_deref(),
        Some("nothing was to be hidden")
    );
    let mut launch = world.launch();
    launch.hide = vec!["/no/such/node".into()];
    let supervisor = Supervisor::launch(launch).await.unwrap();
    assert_eq!(
        (
            supervisor.isolation().level,
            supervisor.isolation().hidden.len()
        ),
        (IsolationLevel::Masked, 0)
    );
}

async fn a_read_only_folder() {
    // Hidden files or none, missing ones, and two runs at once.
    let hides = [
        vec![],
        vec!["/no/such/node".into()],
        vec!["/usr/bin/true".into()],
    ];
    let mut runs = Vec::new();
    for hide in hides {
        let world = World::new(way());
        let app = world.dir.path().canonicalize().unwrap().join("The App.app");
        std::fs::create_dir_all(app.join("inner")).unwrap();
        std::fs::write(app.join("inner/file"), "old\n").unwrap();
        let mut launch = world.launch();
        launch.hide = hide;
        launch.read_only = vec![app.clone()];
        let supervisor = Supervisor::launch(launch).await.unwrap();
        runs.push((world, app, supervisor));
    }
    for (world, app, supervisor) in &mut runs {
        let isolation = supervisor.isolation();
        assert_eq!(
            (&isolation.read_only, &isolation.writable),
            (&vec![app.clone()], &None)
        );
        let mut write = world.sh(
            "for try in 'echo > new' 'echo >> inner/file' 'rm inner/file' 'mkdir inner/more'; do \
             LC_ALL=C sh -c \"$try\" 2>&1 | grep -o 'Read-only file system'; done; cat inner/file",
        );
        write.cwd.clone_from(app);
        let (lines, ..) = run(supervisor, &write).await;
        assert_eq!(lines[..4], ["Read-only file system"; 4]);
        assert_eq!(lines[4..], ["old"]);
        // What lies beside it can be written to.
        run(supervisor, &world.sh("echo kept > on-the-stage")).await;
        assert!(world.dir.path().join("on-the-stage").exists());
        // And so can it, by the harness; the run sees that.
        std::fs::write(app.join("inner/file"), "new\n").unwrap();
        let mut read = world.sh("cat inner/file");
        read.cwd.clone_from(app);
        assert_eq!(run(supervisor, &read).await.0, ["new"]);
        std::fs::remove_dir_all(&*app).unwrap();
    }
    for (world, _, supervisor) in runs {
        supervisor.finish().await.unwrap();
        world.dir.close().unwrap();
    }
}

async fn a_folder_that_cannot_be() {
    let world = World::new(way());
    let mut launch = world.launch();
    launch.read_only = vec!["/no/such/app".into()];
    let supervisor = Supervisor::launch(launch).await.unwrap();
    let isolation = supervisor.isolation();
    assert_eq!(isolation.read_only, [] as [PathBuf; 0]);
    let reason = isolation.writable.as_deref().unwrap();
    assert!(
        reason.contains("/no/such/app cannot be mounted"),
        "{reason}"
    );
}
