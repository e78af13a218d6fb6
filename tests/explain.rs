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

/// The catalogue has 91 classes (FAILURES.md, which is not in this repository).
#[test]
fn each_class_of_the_catalogue_is_guarded_or_said_not_to_be() {
    let output = harness(&["list", "scenarios", "--json"]);
    let scenarios: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let is_class = |name: &&str| {
        let code = name.split('-').next().unwrap_or_default();
        let (letter, number) = code.split_at(code.len().min(1));
        "LDSTPHYZW".contains(letter) && number.len() == 2 && number.parse::<u8>().is_ok()
    };
    let mut guarded = [const { std::collections::BTreeSet::new() }; 2];
    for scenario in &scenarios {
        let classes = scenario["guards"].as_array().into_iter().flatten();
        let classes = classes.filter_map(Value::as_str).filter(is_class);
        guarded[usize::from(scenario["emulated"] == true)].extend(classes);
    }
    let [real, emulated] = &guarded;
    let only_emulated = emulated.difference(real).count();
    assert!(real.len() >= 65 && only_emulated >= 10, "{guarded:#?}");
    let list = include_str!("../scenarios/field/README.md");
    let rest = list
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    let rest: Vec<&str> = rest.filter(is_class).collect();
    for class in &rest {
        assert!(
            !real.contains(class) && !emulated.contains(class),
            "{class} is guarded"
        );
    }
    assert_eq!(real.len() + only_emulated + rest.len(), 91);
}
