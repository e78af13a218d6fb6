//! Environments at the command line: the matrix, what is not supported, and environments of one's own.

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use tempfile::TempDir;

const CHAT: &str = "about: x\nclaude: [{ do: [say: Hi] }]\nsteps: [chat: Hello]\n";

fn folder(scenario: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("scenarios/s.yaml"), scenario).unwrap();
    folder
}

fn harness(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("claude-harness").unwrap();
    let command_in = command.current_dir(folder).args(arguments);
    command_in.env("TMPDIR", folder).env_remove("CI");
    command
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = harness(folder, arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The environments' names, those that are supported or those that are not.
fn names(folder: &Path, supported: bool) -> Vec<String> {
    let all = json(folder, &["list", "environments", "--json"]);
    let all = all.as_array().unwrap().iter();
    all.filter(|it| it["supported"] == supported)
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_healthy_backend_works_in_every_environment_and_each_is_a_run() {
    let folder = folder(CHAT);
    let document = json(folder.path(), &["run", "--environment", "all", "--json"]);
    let runs = document["runs"].as_array().unwrap();
    for run in runs {
        assert_eq!(run["verdict"], "passed", "{run:#}");
    }
    let left_out = document["left_out"].as_array().unwrap();
    let all = |list: &[Value]| -> BTreeSet<String> {
        let names = list.iter().map(|it| it["environment"].as_str().unwrap());
        names.map(str::to_owned).collect()
    };
    assert!(runs.len() >= 20, "{document:#}");
    // Each is either run or left out, and what is not supported is left out with every layout.
    let (ran, left) = (all(runs), all(left_out));
    assert!(ran.is_disjoint(&left));
    let (supported, not) = (names(folder.path(), true), names(folder.path(), false));
    assert_eq!(
        &ran | &left,
        supported.into_iter().chain(not.clone()).collect()
    );
    for name in not {
        let out = left_out
            .iter()
            .find(|out| out["environment"] == *name)
            .unwrap();
        assert!(
            out["layout"].is_null() && out["reason"].is_string(),
            "{out:#}"
        );
    }
}

#[test]
fn every_backend_with_the_lanes_api_is_a_row_and_the_others_are_left_out() {
    // The oldest SDK dies of what the CLI says of a subscription.
    let folder = folder(&format!("{CHAT}login: key\n"));
    let arguments = ["run", "--environment", "cron", "--backend", "all", "--json"];
    let document = json(folder.path(), &arguments);
    let of = |list: &Value| -> BTreeSet<String> {
        let list = list.as_array().unwrap().iter();
        list.filter_map(|it| it["backend"].as_str())
            .map(str::to_owned)
            .collect()
    };
    let (ran, left_out) = (of(&document["runs"]), of(&document["left_out"]));
    for run in document["runs"].as_array().unwrap() {
        assert_ne!(run["verdict"], "failed", "{run:#}");
    }
    assert!(
        ran.contains("reference") && ran.contains("rust-claude-codes-2.1.316"),
        "{ran:?}"
    );
    assert!(left_out.contains("claude-p"), "{left_out:?}");
    let all = json(folder.path(), &["list", "backends", "--json"]);
    let all = all.as_array().unwrap().iter();
    let all: BTreeSet<String> = all
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(&ran | &left_out, all);
}

#[test]
fn the_table_counts_what_passed_failed_and_was_skipped() {
    let variants = "variants:\n  good: ~\n  bad: { steps: [chat: Hello, chat: Again] }\n  \
                    broken: { backend: { use: reference, defects: [spawn-bare-node] }, expect: { diagnosis: spawn-node-enoent } }\n";
    let folder = folder(&format!("{CHAT}{variants}"));
    let layouts = ["run", "--environment", "cron", "--layout", "all"];
    let output = harness(folder.path(), &layouts).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, table) = text
        .split_once("passed/failed/skipped")
        .unwrap_or_else(|| panic!("{text}"));
    let row = table.lines().find(|line| line.starts_with("cron")).unwrap();
    assert!(row.split_whitespace().any(|cell| cell == "1/1"), "{table}");
    assert!(
        !table.contains("terminal-dev"),
        "what expects a failure has no cell: {table}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn what_is_not_supported_is_skipped_or_refused_with_its_reason() {
    let folder = folder(CHAT);
    let arguments = ["run", "--environment", "windows-explorer", "--json"];
    let run = json(folder.path(), &arguments)["runs"][0].clone();
    assert_eq!(run["verdict"], "skipped");
    assert!(
        run["reason"]
            .as_str()
            .unwrap()
            .starts_with("on Windows nothing works yet"),
        "{run:#}"
    );
    let exec = [
        "exec",
        "--environment",
        "windows-service",
        "--layout",
        "dev",
        "--",
        "true",
    ];
    let assert = harness(folder.path(), &exec).assert().failure();
    let text = String::from_utf8_lossy(&assert.get_output().stderr).replace('\n', " ");
    assert!(text.contains("windows-service is not supported"), "{text}");
}

#[test]
fn a_scenario_changes_single_things_of_an_environment() {
    let changed = "environment: { base: cron, variables: { FOO: bar }, unset: [PWD], stdin: closed, umask: \"077\" }\n";
    let folder = folder(&format!("{CHAT}{changed}"));
    let run = json(folder.path(), &["run", "--json"])["runs"][0].clone();
    assert_eq!(run["environment"], "cron (changed)", "{run:#}");
    assert_eq!(
        run["reason"]
            .as_str()
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap(),
        "there is no reviewed snapshot yet"
    );
    for (line, place, words) in [
        (
            "environment: { base: corn }",
            "s.yaml:4:22",
            "did you mean `cron`?",
        ),
        (
            "environment: { stdin: closed }",
            "s.yaml:4:14",
            "the key `base` is missing",
        ),
        (
            "environment: { base: cron, nme: x }",
            "s.yaml:4:28",
            "unknown key",
        ),
        (
            "environment: { base: cron, unset: [USER] }",
            "s.yaml:4:36",
            "unknown variable of the base",
        ),
    ] {
        std::fs::write(
            folder.path().join("scenarios/s.yaml"),
            format!("{CHAT}{line}\n"),
        )
        .unwrap();
        let assert = harness(folder.path(), &["run"]).assert().code(2);
        let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(
            text.contains(place) && text.contains(words),
            "{line}: {text}"
        );
    }
}

#[test]
fn a_probe_of_the_login_shell_meets_its_startup_file() {
    let folder = folder(CHAT);
    let own = folder.path().join("environments");
    std::fs::create_dir(&own).unwrap();
    let text = "name: mine\nabout: Mine\nprovenance: approximated\nbase: linux-desktop\nshell: { rc: noisy }\n";
    std::fs::write(own.join("mine.yaml"), text).unwrap();
    let exec = [
        "exec",
        "--environment",
        "mine",
        "--layout",
        "dev",
        "--",
        "sh",
        "-c",
        "\"$SHELL\" -ilc env",
    ];
    let output = harness(folder.path(), &exec).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("Welcome back! You have mail.\n"), "{text}");
    assert!(text.contains("\nXDG_SESSION_TYPE=wayland\n"), "{text}");
}

#[test]
fn list_tells_of_each_environment_what_it_is_and_what_it_cannot_enforce() {
    let folder = folder(CHAT);
    let all = json(folder.path(), &["list", "environments", "--json"]);
    for it in all.as_array().unwrap() {
        for key in ["name", "about", "provenance", "system", "kind", "source"] {
            assert!(
                it[key].as_str().is_some_and(|text| !text.is_empty()),
                "{key} of {it:#}"
            );
        }
        assert!(
            it["about"]
                .as_str()
                .is_some_and(|about| !about.contains('\n'))
        );
        assert!(
            it["supported"] == false
                || it["limits"]
                    .as_array()
                    .is_some_and(|limits| !limits.is_empty()),
            "{it:#}"
        );
        assert_eq!(it["supported"] == true, it["reason"].is_null(), "{it:#}");
    }
}
