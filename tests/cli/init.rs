//! `claude-harness init`, in a project of its own.

use assert_cmd::Command;
use std::fs;
use std::path::Path;

fn init(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::cargo_bin("claude-harness")
        .unwrap()
        .current_dir(folder)
        .arg("init")
        .args(arguments)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_project_gets_files_that_are_right_and_its_own_are_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let package = r#"{"name":"jarvis","scripts":{"start":"node server.mjs"}}"#;
    fs::write(folder.path().join("package.json"), package).unwrap();
    fs::write(folder.path().join("server.mjs"), "").unwrap();
    let (code, said) = init(folder.path(), &["--yes", "--driver", "openai-stream"]);
    assert_eq!(code, Some(0), "{said}");
    let file = folder.path().join("scenarios/backends/jarvis.yaml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.lines().count() < 25 && text.contains("driver: openai-stream"),
        "{text}"
    );
    for checked in ["scenarios/backends/jarvis.yaml", "scenarios/jarvis.yaml"] {
        Command::cargo_bin("claude-harness")
            .unwrap()
            .current_dir(folder.path())
            .args(["check", checked])
            .assert()
            .success();
    }
    fs::write(&file, "mine").unwrap();
    let (code, said) = init(folder.path(), &["--yes"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert_eq!(init(folder.path(), &["--yes", "--force"]).0, Some(0));
}

#[test]
fn without_a_hint_the_command_must_be_given() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = init(folder.path(), &["--yes", "--name", "mine"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--command"), "{said}");
    let (code, said) = init(
        folder.path(),
        &[
            "--yes",
            "--name",
            "mine",
            "--command",
            "my-server --port {prot}",
        ],
    );
    assert_eq!(code, Some(2));
    assert!(said.contains("unknown place `{prot}`"), "{said}");
}
