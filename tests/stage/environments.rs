//! The environments: what is in them, and what is not.

use crate::support::{Host, Test, only_call, sh, stdout};
use claude_harness::stage::{self, Sighting, Stage};
use insta::assert_snapshot;
use std::path::PathBuf;

pub(crate) const TESTS: &[Test] = &[
    ("terminal_dev_has_exactly_these_variables", terminal_dev),
    ("macos_finder_has_exactly_these_variables", macos_finder),
    (
        "macos_finder_has_no_node_and_no_claude_on_path",
        finder_finds,
    ),
    ("terminal_dev_finds_its_own_node_and_claude", dev_finds),
    ("a_linked_tool_runs", a_linked_tool_runs),
    ("a_sighting_outside_of_the_stage_is_a_leak", leaks),
    ("every_node_on_path_is_hidden", every_node_is_hidden),
];

fn described(stage: &Stage) -> String {
    let mut text = String::new();
    for (name, value) in &stage.env {
        text += &format!("{name}={value}\n");
    }
    text += &format!(
        "cwd {:?}, stdin {:?}, stdout {:?}, stderr {:?}, new session {}, umask {:03o}, nofile {}, core {}",
        stage.cwd,
        stage.stdin,
        stage.stdout,
        stage.stderr,
        stage.new_session,
        stage.umask,
        stage.nofile,
        stage.core
    );
    stage.normalise(&text)
}

fn terminal_dev(host: &Host) {
    assert_snapshot!(described(&host.stage("terminal-dev", "dev")), @r#"
    COLORTERM=truecolor
    HOME=<home>
    LANG=C.UTF-8
    LOGNAME=zoe
    PATH=<home>/.local/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games
    PWD=<project>
    SHELL=/bin/bash
    SHLVL=1
    TERM=xterm-256color
    TMPDIR=<tmp>
    USER=zoe
    cwd "<project>", stdin Null, stdout Pipe, stderr Pipe, new session false, umask 022, nofile 1024, core 0
    "#);
}

fn macos_finder(host: &Host) {
    let stage = host.stage("macos-finder", "electron-app");
    assert_snapshot!(described(&stage), @r#"
    COMMAND_MODE=unix2003
    HOME=<home>
    LOGNAME=zoe
    PATH=/usr/bin:/bin:/usr/sbin:/sbin
    SHELL=/bin/zsh
    SSH_AUTH_SOCK=<stage>/private/tmp/com.apple.launchd.rJ4tq0WcXe/Listeners
    TMPDIR=<tmp>/
    USER=zoe
    XPC_FLAGS=0x0
    XPC_SERVICE_NAME=application.com.example.my-jarvis-desktop.1152921500311884012.1152921500311884017
    __CFBundleIdentifier=com.example.my-jarvis-desktop
    __CF_USER_TEXT_ENCODING=0x1F5:0x0:0x0
    cwd "/", stdin Null, stdout Pipe, stderr Pipe, new session true, umask 022, nofile 256, core 0
    "#);
    assert!(stage.home.ends_with("Users/Zoë Tester"));
}

fn finder_finds(host: &Host) {
    let stage = host.stage("macos-finder", "electron-app");
    let output = sh(
        &stage,
        "command -v node; command -v claude; command -v bun; command -v env",
    );
    assert_eq!(stage.normalise(&stdout(&output)), "/usr/bin/env\n");
}

fn dev_finds(host: &Host) {
    let stage = host.stage("terminal-dev", "dev");
    let output = sh(&stage, "command -v node; command -v claude");
    assert_eq!(
        stage.normalise(&stdout(&output)),
        "/usr/local/bin/node\n<home>/.local/bin/claude\n"
    );
    assert_eq!(stage.runtime, stage.root.join("usr/local/bin/node"));
    let output = sh(&stage, "claude -p hi");
    assert_eq!(stdout(&output), "Hi there\n", "{output:?}");
    let start = only_call(&stage).start;
    assert_eq!(
        (start.face.as_str(), start.argv),
        ("native", vec!["-p".to_owned(), "hi".to_owned()])
    );
    assert_eq!(start.cwd, stage.project);
}

fn a_linked_tool_runs(host: &Host) {
    for (environment, layout) in [("terminal-dev", "dev"), ("macos-finder", "electron-app")] {
        let stage = host.stage(environment, layout);
        let output = sh(&stage, "printf '%s' \"$HOME\" | sed 's/ /_/' | wc -c; pwd");
        let expected = format!(
            "{}\n{}\n",
            stage.home.as_os_str().len(),
            stage.cwd.display()
        );
        assert_eq!(stdout(&output).trim_start(), expected);
    }
}

fn leaks(host: &Host) {
    let stage = host.stage("terminal-dev", "dev");
    let sighting = |path: PathBuf| Sighting {
        name: "node".to_owned(),
        way: "libc".to_owned(),
        path,
    };
    let sightings = [
        sighting(stage.runtime.clone()),
        sighting("/usr/bin/node".into()),
    ];
    let found = stage::leaks(&sightings, &stage);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path, PathBuf::from("/usr/bin/node"));
    let preflight = stage.preflight();
    assert_eq!(preflight.names, ["node", "claude", "bun"]);
    assert!(preflight.shell.starts_with(&stage.root));
}

fn every_node_is_hidden(host: &Host) {
    let stage = host.stage("macos-finder", "electron-app");
    for folder in std::env::split_paths(&std::env::var_os("PATH").unwrap()) {
        for name in ["node", "claude", "bun"] {
            let path = folder.join(name);
            if path.is_file() {
                assert!(stage.hide.contains(&path), "{}", path.display());
            }
        }
    }
}
