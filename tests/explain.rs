//! `claude-harness explain`, and the lists that it explains.

use assert_cmd::Command;
use serde_json::Value;

fn harness(arguments: &[&str]) -> std::process::Output {
    Command::cargo_bin("claude-harness")
        .unwrap()
        .args(arguments)
        .output()
        .unwrap()
}

fn explained(id: &str) -> String {
    let output = harness(&["explain", id]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_kind_of_thing_is_explained_under_its_name() {
    for (id, kind, part) in [
        (
            "spawn-node-enoent",
            "diagnosis",
            "lanes/stripped-path::broken",
        ),
        ("no-survivor", "invariant", "abandoned-cli"),
        (
            "ignores-abort",
            "defect of the reference backend",
            "abort-ignored",
        ),
        ("stderr-flood", "fault of the stand-in", "among the actions"),
        ("L01-gui-path", "failure class", "lanes/stripped-path"),
    ] {
        let page = explained(id);
        assert!(
            page.starts_with(&format!("NAME\n    {id} - {kind}\n")),
            "{page}"
        );
        assert!(page.contains(part), "{page}");
        assert!(
            page.lines().all(|line| line.chars().count() <= 80),
            "{page}"
        );
    }
}

#[test]
fn an_unknown_name_is_shown_with_the_nearest() {
    let output = harness(&["explain", "no-survivors"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("did you mean `no-survivor`?"), "{said}");
}

#[test]
fn whatever_a_list_names_can_be_explained() {
    for list in ["diagnoses", "invariants", "defects", "faults"] {
        let output = harness(&["list", list, "--json"]);
        let all: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert!(all.len() > 10, "{list}");
        let names: Vec<&str> = all.iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert!(
            all.iter()
                .all(|it| it["about"].as_str().is_some_and(|it| !it.is_empty()))
        );
        assert!(explained(names[names.len() / 2]).contains("WHAT IT MEANS"));
    }
}
