//! Every layout, as the app and the user's shell meet it.

use crate::support::{Host, Test, command, layout_named, sh, stdout};
use claude_harness::stage::environment::System;
use claude_harness::stage::{self, Layout, Plan, Stage};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Output;

pub(crate) const TESTS: &[Test] = &[
    ("a_layout_s_cli_runs_unless_the_layout_is_wrong", clis),
    ("a_decoy_fails_as_the_system_has_it", decoys),
    (
        "an_install_is_first_on_path_in_shells_that_read_their_files_only",
        paths,
    ),
];

pub(crate) const WITH_NODE: &[Test] = &[(
    "a_layout_s_cli_runs_on_a_real_node_unless_the_layout_is_wrong",
    clis_on_node,
)];

/// The wrong layouts, and what comes of starting their CLI: an errno's name, or an exit status.
const WRONG: &[(&str, &str)] = &[
    // The runtime says that there is no such module; the path itself gives ENOTDIR.
    ("electron-app-cli-in-asar", "exit status: 1"),
    ("electron-app-dangling-link", "ENOENT"),
    // A second instance of the app.
    ("electron-app-fuse-off", "exit status: 1"),
    ("electron-app-no-exec-bit", "EACCES"),
    ("electron-app-unpacked-incomplete", "exit status: 70"),
];

/// The decoys, and what comes of executing them.
const DECOYS: &[(&str, &str)] = &[
    ("decoy-directory", "EACCES"),
    ("decoy-not-executable", "EACCES"),
    ("decoy-no-interpreter", "ENOENT"),
    // On macOS the file is of a foreign format.
    (
        "decoy-no-loader",
        if cfg!(target_os = "macos") {
            "ENOEXEC"
        } else {
            "ENOENT"
        },
    ),
    ("decoy-other-machine", "ENOEXEC"),
    ("decoy-other-version", "another version"),
];

fn layouts() -> impl Iterator<Item = Layout> {
    stage::layouts(None)
        .unwrap()
        .into_iter()
        .map(|found| found.item)
}

fn bare(host: &Host, layout: &Layout) -> Stage {
    without_tools(host.bare_plan("macos-finder", &layout.name))
}

/// Without its hundreds of tools, which would only take time.
fn without_tools(mut plan: Plan) -> Stage {
    plan.environment.path.retain(|dir| dir.at == "/bin");
    Stage::build(&plan).unwrap()
}

/// What came of it: the errno's name, else the output's first line, else the status.
fn seen(result: std::io::Result<Output>) -> String {
    match result {
        Err(error) => match error
            .raw_os_error()
            .map(rustix::io::Errno::from_raw_os_error)
        {
            Some(rustix::io::Errno::NOENT) => "ENOENT".to_owned(),
            Some(rustix::io::Errno::NOTDIR) => "ENOTDIR".to_owned(),
            Some(rustix::io::Errno::ACCESS) => "EACCES".to_owned(),
            Some(rustix::io::Errno::NOEXEC) => "ENOEXEC".to_owned(),
            _ => error.to_string(),
        },
        Ok(output) if output.status.success() => stdout(&output).trim_end().to_owned(),
        Ok(output) => output.status.to_string(),
    }
}

/// Asks the CLI for its version as an SDK starts it: a script by the app's runtime, anything else by itself.
fn version(stage: &Stage) -> String {
    let script = stage.cli.extension().is_some_and(|end| end == "js");
    let mut command = match script {
        true => command(stage, &stage.runtime),
        false => command(stage, &stage.cli),
    };
    command.envs(&stage.server_env);
    if script {
        command.arg(&stage.cli);
    }
    seen(command.arg("--version").output())
}

fn clis(host: &Host) {
    for layout in layouts() {
        let stage = bare(host, &layout);
        let wrong = WRONG.iter().find(|(name, _)| *name == layout.name);
        assert_eq!(layout.wrong.is_some(), wrong.is_some(), "{}", layout.name);
        let wanted = wrong.map_or("2.1.330 (Claude Code)", |(_, errno)| errno);
        assert_eq!(version(&stage), wanted, "{}", layout.name);
        if layout.name == "electron-app-cli-in-asar" {
            let itself = command(&stage, &stage.cli).arg("--version").output();
            assert_eq!(seen(itself), "ENOTDIR");
        }
    }
}

/// A real Node looks for the script itself, and says that there is none.
fn clis_on_node(host: &Host) {
    for layout in layouts() {
        let stage = without_tools(host.plan("macos-finder", &layout.name));
        let wrong = WRONG.iter().find(|(name, _)| *name == layout.name);
        let wanted = wrong.map_or("2.1.330 (Claude Code)", |(_, errno)| errno);
        assert_eq!(version(&stage), wanted, "{}", layout.name);
    }
}

fn decoys(host: &Host) {
    let named: BTreeSet<String> = layouts()
        .map(|layout| layout.name)
        .filter(|name| name.starts_with("decoy-"))
        .collect();
    let listed: BTreeSet<String> = DECOYS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named, listed);
    for (name, wanted) in DECOYS {
        let stage = bare(host, &layout_named(name));
        let decoy = stage.home.join("bin/claude");
        assert!(decoy.exists(), "{name}");
        let got = seen(command(&stage, &decoy).arg("--version").output());
        if *wanted == "another version" {
            assert_eq!(got, "1.0.108 (Claude Code)", "{name}");
        } else {
            assert_eq!(got, *wanted, "{name}");
        }
    }
}

fn paths(host: &Host) {
    let found = |stage: &Stage, script: &str| {
        let output = sh(stage, script);
        PathBuf::from(stdout(&output).lines().last().unwrap_or_default())
    };
    for layout in layouts().filter(|layout| !layout.path.is_empty()) {
        // What a decoy that cannot be executed hides, a shell finds behind it.
        if layout.name.starts_with("decoy-") && layout.name != "decoy-other-version" {
            continue;
        }
        // A Mac's do not lie on the PATH of these environments.
        if layout.systems == [System::Macos] {
            continue;
        }
        let name = &layout.name;
        let first = |stage: &Stage| {
            let folder = layout.path[0].replace("{home}", &stage.home.to_string_lossy());
            match folder.strip_prefix('/') {
                Some(below) if !folder.starts_with(&*stage.root.to_string_lossy()) => {
                    stage.root.join(below)
                }
                _ => PathBuf::from(folder),
            }
        };
        let terminal = host.stage("terminal-dev", name);
        let claude = first(&terminal).join("claude");
        assert_eq!(found(&terminal, "command -v claude"), claude, "{name}");

        let desktop = host.stage("linux-desktop", name);
        assert_ne!(
            found(&desktop, "command -v claude"),
            first(&desktop).join("claude"),
            "{name}"
        );
        // An app that asks the login shell finds it after all, where HOME has it.
        let in_home = layout.path[0].starts_with("{home}") && !name.starts_with("decoy-");
        if in_home {
            let asked = found(&desktop, "$SHELL -ilc 'command -v claude' 2>/dev/null");
            assert!(is_at(&asked, &first(&desktop)), "{name}: {asked:?}");
        }
    }
}

/// HOME may be written with a variable's value in between.
fn is_at(found: &Path, folder: &Path) -> bool {
    found.parent() == Some(folder) && found.exists()
}
