//! Whose the processes of a run are.

use assert_cmd::Command;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a command says on a stage of that environment; `temp` is where stages lie.
fn on_stage(temp: &Path, environment: &str, script: &str) -> String {
    let layout = match environment {
        "macos-finder" => "electron-app",
        _ => "dev",
    };
    let output = Command::cargo_bin("claude-harness")
        .unwrap()
        .current_dir(temp)
        .env("TMPDIR", temp)
        .args(["exec", "--environment", environment, "--layout", layout])
        .args(["--", "/bin/sh", "-c", script])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn own() -> String {
    rustix::process::geteuid().as_raw().to_string()
}

/// A folder that everybody may pass through, as /tmp is.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn an_ordinary_user_s_environment_has_no_root() {
    let folder = open_folder();
    let id = on_stage(folder.path(), "macos-finder", "id -u; id -G");
    let expected = if is_root() {
        "65534\n65534".to_owned()
    } else {
        own()
    };
    assert!(id.starts_with(&expected), "{id}");
}

#[test]
fn an_ordinary_user_writes_at_home_and_not_in_an_installed_app() {
    let folder = open_folder();
    let script = r#"
        touch "$HOME/x" "$TMPDIR/x" && echo home
        touch "$HOME/../../Applications/x" 2>/dev/null || echo app
    "#;
    let said = on_stage(folder.path(), "macos-finder", script);
    // Who is no root owns the whole stage.
    let expected = if is_root() { "home\napp" } else { "home" };
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn an_environment_of_root_s_has_root_where_the_harness_is_root() {
    let folder = open_folder();
    assert_eq!(on_stage(folder.path(), "docker-debian", "id -u"), own());
}

#[test]
fn what_only_root_can_reach_keeps_its_user() {
    let folder = open_folder();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!(on_stage(folder.path(), "macos-finder", "id -u"), own());
}
