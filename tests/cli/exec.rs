//! `claude-harness exec`: any command on a stage.

use super::harness;
use assert_cmd::Command;
use std::path::Path;
use tempfile::TempDir;

fn exec(folder: &TempDir, command: &[&str]) -> Command {
    let mut all = vec![
        "exec",
        "--environment",
        "macos-finder",
        "--layout",
        "electron-app",
        "--",
    ];
    all.extend(command);
    harness(folder.path(), &all)
}

#[test]
fn it_runs_a_command_on_the_stage_and_gives_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    exec(&folder, &["sh", "-c", "pwd; exit 7"])
        .assert()
        .code(7)
        .stdout("/\n");
    exec(&folder, &["sh", "-c", "command -v node"])
        .assert()
        .code(127)
        .stdout("");
}

#[test]
fn it_says_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let assert = exec(&folder, &["node", "--version"]).assert().code(127);
    let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(text.contains("spawn node ENOENT"), "{text}");
    assert!(
        text.contains("PATH=/usr/bin:/bin:/usr/sbin:/sbin"),
        "{text}"
    );
}

#[test]
fn it_names_and_ends_what_survived() {
    let folder = tempfile::tempdir().unwrap();
    let assert = exec(&folder, &["sh", "-c", "sleep 1000 & echo $!"])
        .assert()
        .code(0);
    let pid = String::from_utf8_lossy(&assert.get_output().stdout)
        .trim()
        .to_owned();
    let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(
        text.contains(&format!("survived: {pid} `sleep 1000`")),
        "{text}"
    );
    assert!(!Path::new("/proc").join(&pid).join("exe").exists());
}
