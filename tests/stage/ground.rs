//! The stage's ground: nothing leaves it, nothing is left of it, and no two runs can be told apart.

use crate::support::{Host, Test, listing, sh, stdout};
use claude_harness::stage::environment::{PathContent, PathDir};
use claude_harness::stage::layout::{Decoy, Piece};
use claude_harness::stage::{Plan, ProjectSpec, Stage, StageError};
use claude_harness::yaml::InputError;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) const TESTS: &[Test] = &[
    (
        "whatever_the_data_says_nothing_is_written_outside",
        nothing_outside,
    ),
    (
        "any_environment_file_builds_a_stage_inside_its_folder_or_is_refused",
        any_environment_file,
    ),
    (
        "any_layout_file_builds_a_stage_inside_its_folder_or_is_refused",
        any_layout_file,
    ),
    ("a_stage_goes_on_drop_unless_it_is_kept", drop_or_keep),
    (
        "a_failed_build_leaves_nothing",
        a_failed_build_leaves_nothing,
    ),
    ("a_colon_cannot_be_in_path", colon),
    ("stages_of_parallel_threads_do_not_meet", parallel),
    (
        "no_run_dependent_path_is_left_in_normalised_text",
        normalised,
    ),
];

/// Hostile and harmless parts of paths.
fn path() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        2 => Just("..".to_owned()),
        1 => Just(".".to_owned()),
        1 => Just(".harness".to_owned()),
        1 => Just("{nothing}".to_owned()),
        2 => Just("{home}".to_owned()),
        2 => Just("{app}".to_owned()),
        2 => Just("{root}".to_owned()),
        4 => Just("usr/bin".to_owned()),
        8 => Just("zz-escaped".to_owned()),
        24 => "[a-c ë.]{2,4}",
    ];
    ("/?", prop::collection::vec(part, 1..5)).prop_map(|(start, parts)| start + &parts.join("/"))
}

fn nothing_outside(host: &Host) {
    let mut plan = host.bare_plan("macos-finder", "electron-app");
    // The hundreds of tools would only take time.
    plan.environment.path.clear();
    let work = plan.executables.folder().to_owned();
    let temp = work.parent().unwrap().to_owned();
    let strategy = (
        (path(), path(), path(), path()),
        prop::collection::vec((0..11_u8, path(), path()), 0..3),
    );
    // The same cases in every run: a test that fails now and then helps nobody.
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config {
        cases: 160,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, random);
    let built = AtomicU32::new(0);
    let result = runner.run(&strategy, |((home, tmp, dir, project), pieces)| {
        let mut plan = plan.clone();
        plan.environment.home = home;
        plan.environment.tmp = tmp;
        plan.environment.path.push(PathDir {
            at: dir,
            content: PathContent::Tools(vec!["sh".to_owned(), "claude".to_owned()]),
        });
        plan.project = Some(ProjectSpec { path: project });
        plan.layout
            .tree
            .extend(pieces.into_iter().map(|(kind, at, to)| match kind {
                0 => Piece::Folder(at),
                1 => Piece::File { at, text: to },
                2 => Piece::Link { at, to },
                3 => Piece::Cli(at),
                4 => Piece::Script { at, text: to },
                5 => Piece::Native(at),
                6 => Piece::Installed(at),
                7 => Piece::Node(at),
                8 => Piece::Remove(at),
                9 => Piece::Decoy {
                    at,
                    kind: Decoy::Directory,
                },
                _ => Piece::NotExecutable(at),
            }));
        // Others build in parallel, in the same folder; only a name that is this test's own counts.
        let escaped = [&*temp, &*work, Path::new("/")].map(|at| at.join("zz-escaped"));
        if let Ok(stage) = Stage::build(&plan) {
            built.fetch_add(1, Ordering::Relaxed);
            lies_inside(&stage)?;
        }
        for place in escaped {
            prop_assert!(place.symlink_metadata().is_err(), "{place:?}");
        }
        Ok(())
    });
    result.unwrap();
    // The strategy must also give stages that can be built, or it would show nothing.
    assert!(
        built.load(Ordering::Relaxed) >= 10,
        "{built:?} stages were built"
    );
}

/// Every link of the stage leads to a tool of the host, or stays; every place lies on it.
fn lies_inside(stage: &Stage) -> Result<(), TestCaseError> {
    for file in listing(&stage.root) {
        let Ok(target) = std::fs::read_link(&file) else {
            continue;
        };
        let leads = file.parent().unwrap().join(&target);
        let tool =
            target.is_absolute() && leads.is_file() && target.file_name() == file.file_name()
                || file == stage.shell;
        prop_assert!(
            tool || lexical(&leads).starts_with(&stage.root),
            "{file:?} -> {target:?}"
        );
    }
    for place in [
        &stage.home,
        &stage.tmp,
        &stage.project,
        &stage.cli,
        &stage.shell,
    ] {
        prop_assert!(lexical(place).starts_with(&stage.root), "{place:?}");
    }
    Ok(())
}

/// The path without `.` and `..`, as text.
fn lexical(path: &Path) -> std::path::PathBuf {
    let mut clean = std::path::PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::ParentDir => {
                clean.pop();
            }
            std::path::Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean
}

fn drop_or_keep(host: &Host) {
    let stage = host.stage("terminal-dev", "dev");
    let root = stage.root.clone();
    assert!(root.join("usr/bin/env").exists());
    drop(stage);
    assert!(!root.exists());

    let kept = host.stage("terminal-dev", "dev").keep().unwrap();
    assert!(kept.join("usr/bin/env").exists());
    std::fs::remove_dir_all(kept).unwrap();
}

fn a_failed_build_leaves_nothing(host: &Host) {
    let mut plan = host.plan("terminal-dev", "dev");
    // A folder of stages of its own: others come and go in the shared one.
    plan.executables = claude_harness::stage::prepare(plan.executables.harness(), None).unwrap();
    plan.layout.cli = "{ap}/cli.js".to_owned();
    let error = Stage::build(&plan).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`{ap}` in `{ap}/cli.js` is not a placeholder here (did you mean `app`? one of: root, user, home, \
         tmp, project, app, app_id, version, shell, path)"
    );
    let left: BTreeSet<_> = std::fs::read_dir(plan.executables.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, BTreeSet::from(["bin".to_owned(), "lock".to_owned()]));
}

fn colon(host: &Host) {
    let mut plan = host.plan("terminal-dev", "dev");
    plan.environment.home = "home/a:b".to_owned();
    let error = Stage::build(&plan).unwrap_err();
    assert!(matches!(error, StageError::Colon { .. }), "{error}");
}

fn parallel(host: &Host) {
    let roots: BTreeSet<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let stage = host.stage("terminal-dev", "dev");
                    // Executes a link while other threads make theirs: no ETXTBSY.
                    let output = sh(&stage, "claude -p one && printf x > \"$TMPDIR/file\"");
                    assert!(output.status.success(), "{output:?}");
                    assert_eq!(
                        std::fs::read_to_string(stage.tmp.join("file")).unwrap(),
                        "x"
                    );
                    stage.root.clone()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(roots.len(), 8);
    assert!(roots.iter().all(|root| !root.exists()));
}

/// Everything that a run can show of a stage.
fn shown(stage: &Stage) -> String {
    let mut text = format!(
        "{:#?}\n",
        (&stage.env, &stage.server_env, &stage.path, &stage.server)
    );
    for path in listing(&stage.root) {
        text += &format!("{}\n", path.display());
        if path.extension().is_some_and(|e| e == "json" || e == "cjs") {
            text += &std::fs::read_to_string(&path).unwrap();
        }
    }
    text += &stdout(&sh(stage, "env; pwd; command -v sh; cd \"$HOME\"; pwd"));
    stage.normalise(&text)
}

fn normalised(host: &Host) {
    for (environment, layout) in [("terminal-dev", "dev"), ("macos-finder", "electron-app")] {
        let [first, second] = [(), ()].map(|()| host.stage(environment, layout));
        let text = shown(&first);
        assert_eq!(text, shown(&second));
        for part in [
            first.root.file_name(),
            first.root.parent().unwrap().file_name(),
        ] {
            let part = part.unwrap().to_str().unwrap();
            assert!(!text.contains(part), "{part} in {text}");
        }
    }
}

/// Values for the keys of an environment file: sound ones and hostile ones.
fn environment_file() -> impl Strategy<Value = String> {
    let quoted = |text: String| serde_json::to_string(&text).unwrap();
    let rc = prop_oneof![
        4 => Just(".bashrc".to_owned()),
        1 => Just("/etc/profile".to_owned()),
        1 => Just("../zz-escaped".to_owned()),
        1 => Just("/etc/../zz-escaped".to_owned()),
    ];
    let variable = prop_oneof![
        3 => Just(("FOO".to_owned(), "{home}/x".to_owned())),
        1 => Just(("FOO".to_owned(), "{nothing}".to_owned())),
        1 => Just(("HOME".to_owned(), "/zz-escaped".to_owned())),
        1 => Just(("A=B".to_owned(), String::new())),
    ];
    let shell = prop_oneof![
        6 => Just("/bin/bash".to_owned()),
        2 => Just("/usr/bin/zsh".to_owned()),
        1 => Just("/bin/no-such-shell".to_owned()),
        2 => path(),
    ];
    let place = || prop_oneof![3 => "(home/)?[a-cë ]{1,6}", 1 => path()];
    let number = prop_oneof![3 => Just("64".to_owned()), 1 => Just("-1".to_owned())];
    (
        (place(), place(), shell, rc, variable, number),
        prop::option::of(path()),
        prop::sample::select(vec!["null", "pipe", "dead-reader", "terminal", "closed", "open"]),
        prop::sample::select(vec!["true", "false", "maybe"]),
    )
        .prop_map(move |((home, tmp, shell, rc, (name, value), nofile), same, stdin, terminal)| {
            let same = same.map_or(String::new(), |same| {
                format!("path: [{{ at: /zz, same_as: {} }}]\n", quoted(same))
            });
            format!(
                "name: any\nabout: Any\nprovenance: approximated\nbase: systemd-system\nhome: {}\ntmp: {}\nshell: {}\n\
                 rc: {{ {}: 'exit 1' }}\nvariables: {{ {}: {} }}\nnofile: {nofile}\nstdin: {stdin}\n\
                 terminal: {terminal}\n{same}",
                quoted(home),
                quoted(tmp),
                quoted(shell),
                quoted(rc),
                quoted(name),
                quoted(value),
            )
        })
}

fn any_environment_file(host: &Host) {
    let mut plan = host.bare_plan("systemd-system", "dev");
    any_file(
        &plan.clone(),
        "environments",
        &environment_file(),
        (5, 20),
        |folder| {
            let all = claude_harness::stage::environments(Some(folder));
            let any = all?.into_iter().find(|found| found.item.name == "any");
            plan.environment = any.unwrap().item;
            // The tools of the base would only take time.
            plan.environment.path.retain(|dir| dir.at == "/zz");
            Ok(plan.clone())
        },
    );
}

fn any_layout_file(host: &Host) {
    let mut plan = host.bare_plan("systemd-system", "dev");
    plan.environment.path.clear();
    any_file(
        &plan.clone(),
        "layouts",
        &layout_file(),
        (10, 20),
        |folder| {
            let all = claude_harness::stage::layouts(Some(folder));
            let any = all?.into_iter().find(|found| found.item.name == "any");
            plan.layout = any.unwrap().item;
            Ok(plan.clone())
        },
    );
}

/// Layout files, most of which build on a real one.
fn layout_file() -> impl Strategy<Value = String> {
    let quoted = |text: String| serde_json::to_string(&text).unwrap();
    let word = prop::sample::select(vec![
        "folder",
        "cli",
        "native",
        "installed",
        "node",
        "remove",
        "not_executable",
        "fodler",
    ]);
    let piece = prop_oneof![
        3 => (word, path()).prop_map(move |(word, at)| format!("{word}: {}", quoted(at))),
        2 => (path(), path()).prop_map(move |(at, to)| {
            format!("link: {{ at: {}, to: {} }}", quoted(at), quoted(to))
        }),
        1 => path().prop_map(move |at| format!("script: {{ at: {}, text: x }}", quoted(at))),
        1 => path().prop_map(move |at| format!("electron: {{ at: {} }}", quoted(at))),
        1 => (path(), prop::sample::select(vec!["directory", "no-loader", "ghost"])).prop_map(
            move |(at, kind)| format!("decoy: {{ at: {}, kind: {kind} }}", quoted(at))
        ),
    ];
    let base = prop::sample::select(vec![
        "dev",
        "electron-app",
        "nvm",
        "tauri-bundle",
        "nothing",
    ]);
    (
        base,
        prop::option::of(path()),
        prop::option::of(path()),
        prop::collection::vec(piece, 0..4),
    )
        .prop_map(move |(base, app, cli, pieces)| {
            let mut text = format!("name: any\nabout: Any\nbase: {base}\n");
            for (key, value) in [("app", app), ("cli", cli)] {
                if let Some(value) = value {
                    text += &format!("{key}: {}\n", quoted(value));
                }
            }
            text += "tree: [";
            text += &pieces
                .iter()
                .map(|piece| format!("{{ {piece} }}"))
                .collect::<Vec<_>>()
                .join(", ");
            text + "]\n"
        })
}

/// Reads data files called `any` and builds the plan that comes of each: inside its folder, or not at all. `least`: so
/// many must be built and refused, or nothing would be shown.
fn any_file(
    plan: &Plan,
    kind: &str,
    files: &impl Strategy<Value = String>,
    least: (u32, u32),
    planned: impl FnMut(&Path) -> Result<Plan, InputError>,
) {
    let temp = plan.executables.folder().parent().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join(kind);
    std::fs::create_dir(&own).unwrap();
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config {
        cases: 96,
        failure_persistence: None,
        ..Config::default()
    };
    let (built, refused) = (AtomicU32::new(0), AtomicU32::new(0));
    let planned = std::cell::RefCell::new(planned);
    let result = TestRunner::new_with_rng(config, random).run(files, |text| {
        std::fs::write(own.join("any.yaml"), &text).unwrap();
        let said = match (planned.borrow_mut())(folder.path()) {
            Err(error) => error.to_string(),
            Ok(plan) => match Stage::build(&plan) {
                Err(error) => error.to_string(),
                Ok(stage) => {
                    lies_inside(&stage)?;
                    let home = Path::new(&stage.env["HOME"]);
                    prop_assert!(home.starts_with(&stage.root), "{home:?}");
                    built.fetch_add(1, Ordering::Relaxed);
                    String::new()
                }
            },
        };
        if !said.is_empty() {
            refused.fetch_add(1, Ordering::Relaxed);
        }
        for at in [&*temp, folder.path(), Path::new("/"), Path::new("/etc")] {
            prop_assert!(
                at.join("zz-escaped").symlink_metadata().is_err(),
                "{at:?}: {text}"
            );
        }
        Ok(())
    });
    result.unwrap();
    let (built, refused) = (built.into_inner(), refused.into_inner());
    assert_eq!(built + refused, 96);
    assert!(
        built >= least.0 && refused >= least.1,
        "{built} built, {refused} refused"
    );
}
