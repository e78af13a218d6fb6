//! The command line, as a user meets it.

mod exec;
mod init;

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// A working folder with one scenario in `scenarios/s.yaml`.
fn folder(scenario: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("scenarios/s.yaml"), scenario).unwrap();
    folder
}

fn harness(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("claude-harness").unwrap();
    // Stages of failed runs are kept, so they go where the test cleans up.
    command
        .current_dir(folder)
        .args(arguments)
        .env("TMPDIR", folder)
        .env_remove("CI");
    command
}

fn json(folder: &Path, arguments: &[&str]) -> (Value, i32) {
    let output = harness(folder, arguments).output().unwrap();
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (document, output.status.code().unwrap())
}

fn complaint(scenario: &str) -> String {
    let folder = folder(scenario);
    let assert = harness(folder.path(), &["run"]).assert().code(2).stdout("");
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

const CHAT: &str = "about: x\nclaude: [{ do: [say: Hi] }]\nsteps: [chat: Hello]\n";

#[test]
fn an_unknown_key_is_shown_with_its_place_and_the_nearest_name() {
    let text = complaint("about: x\nenviroment: macos-finder\nsteps: [chat: Hi]\n");
    assert!(text.contains("scenarios/s.yaml:2:1"), "{text}");
    assert!(text.contains("did you mean `environment`?"), "{text}");
}

#[test]
fn unknown_names_are_shown_with_the_nearest() {
    for (line, near) in [
        ("environment: macos-findr", "macos-finder"),
        ("layout: electron", "electron-app"),
        ("backend: referense", "reference"),
        (
            "backend: { use: reference, defects: [spawn-node] }",
            "spawn-bare-node",
        ),
        ("expect: { diagnosis: node-enoent }", "spawn-node-enoent"),
        (
            "expect: { breaks: [first-turn-answer] }",
            "first-turn-answers",
        ),
        ("profile: 2.1.331", "2.1.330"),
    ] {
        let text = complaint(&format!("about: x\n{line}\nsteps: [chat: Hi]\n"));
        assert!(text.contains("scenarios/s.yaml:2:"), "{text}");
        assert!(
            text.contains(&format!("did you mean `{near}`?")),
            "{line}: {text}"
        );
    }
}

#[test]
fn a_wrong_type_and_an_unknown_step_are_shown_where_they_stand() {
    let text = complaint("about: x\nsteps:\n  - chta: Hi\n");
    assert!(text.contains("scenarios/s.yaml:3:5"), "{text}");
    assert!(text.contains("did you mean `chat`?"), "{text}");
    let text = complaint("about: [x]\nsteps: [chat: Hi]\n");
    assert!(text.contains("expected text, found a list"), "{text}");
    assert!(text.contains("scenarios/s.yaml:1:8"), "{text}");
}

#[test]
fn a_line_of_any_length_and_any_bytes_get_one_message() {
    let long = format!(
        "about: x\nsteps: [chat: {}, chatt: y]\n",
        "x".repeat(70_000)
    );
    let text = complaint(&long);
    assert!(
        text.contains("scenarios/s.yaml:2:70017") && text.len() < 1000,
        "{text}"
    );
    let text = complaint("about: x\n\"a\u{1b}[31mb\": 1\nsteps: [chat: x]\n");
    assert!(
        text.contains("a\\u{1b}[31mb") && !text.contains('\u{1b}'),
        "{text}"
    );
    let folder = folder(CHAT);
    std::fs::write(
        folder.path().join("scenarios/s.yaml"),
        b"about: x\nk\xff: 1\n",
    )
    .unwrap();
    let assert = harness(folder.path(), &["run"]).assert().code(2);
    let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(
        text.contains("scenarios/s.yaml:2:2") && text.contains("not UTF-8"),
        "{text}"
    );
}

#[test]
fn every_bad_file_of_a_folder_is_shown() {
    let folder = folder("about: x\n");
    std::fs::write(folder.path().join("scenarios/t.yaml"), "abuot: x\n").unwrap();
    let assert = harness(folder.path(), &["run", "scenarios"])
        .assert()
        .code(2);
    let text = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(
        text.contains("s.yaml:1:1") && text.contains("t.yaml:1:1"),
        "{text}"
    );
}

#[test]
fn what_cannot_work_is_refused_before_anything_starts() {
    for (scenario, message) in [
        (
            "steps: [chat: { message: x, session: previous }]",
            "no chat before",
        ),
        (
            "steps: [chat: { message: x, session: opened }]",
            "no history was opened",
        ),
        (
            "steps: [chat: { message: x, until: asistant }]",
            "did you mean `assistant`?",
        ),
        ("steps: [chat: 5]", "expected a message, found the number 5"),
        (
            "steps: [chat: x]\nclaude: [do: []]",
            "never comes to its answer",
        ),
        (
            "steps: [chat: x]\nclaude: [{ do: [sya: x] }]",
            "did you mean `say`?",
        ),
        (
            "steps: [chat: x]\nproject: ../x",
            "must be a path below HOME",
        ),
        (
            "steps: [chat: x]\nhistory: { sessions: 100000, messages: 100000 }",
            "GB of text",
        ),
    ] {
        let text = complaint(&format!("about: x\n{scenario}\n"));
        assert!(text.contains(message), "{scenario}: {text}");
    }
}

#[test]
fn nothing_selected_and_bad_usage_exit_with_2() {
    let folder = folder(CHAT);
    harness(folder.path(), &["run", "no-such-scenario"])
        .assert()
        .code(2);
    harness(folder.path(), &["run", "s::no-such-variant"])
        .assert()
        .code(2);
    harness(folder.path(), &["run", "--environment", "moon"])
        .assert()
        .code(2);
    harness(folder.path(), &["run", "--no-such-flag"])
        .assert()
        .code(2);
    harness(folder.path(), &["frobnicate"]).assert().code(2);
}

#[test]
fn check_says_what_is_right_and_what_is_not() {
    let folder = folder(CHAT);
    std::fs::write(folder.path().join("scenarios/bad.yaml"), "about: x\n").unwrap();
    harness(folder.path(), &["check", "scenarios/s.yaml"])
        .assert()
        .code(0)
        .stdout("ok scenarios/s.yaml (1 variant)\n");
    let assert = harness(
        folder.path(),
        &["check", "scenarios/bad.yaml", "scenarios/s.yaml"],
    )
    .assert()
    .code(2);
    let output = assert.get_output();
    assert!(String::from_utf8_lossy(&output.stdout).contains("ok scenarios/s.yaml"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("needs `steps`"));
}

#[test]
fn a_new_outcome_is_proposed_and_only_accept_takes_it_over() {
    let folder = folder(CHAT);
    let (document, code) = json(folder.path(), &["run", "--json"]);
    assert_eq!(code, 1, "{document:#}");
    assert_eq!(document["runs"][0]["snapshot"], "missing");
    let pending = folder.path().join("snapshots/s__default.snap.new");
    assert!(pending.exists());
    harness(folder.path(), &["run", "--accept"])
        .env("CI", "true")
        .assert()
        .code(2);
    assert!(pending.exists());
    harness(folder.path(), &["run", "--accept"])
        .assert()
        .code(0);
    let (document, code) = json(folder.path(), &["run", "--json"]);
    assert_eq!(
        (code, &document["runs"][0]["snapshot"]),
        (0, &Value::from("match")),
        "{document:#}"
    );
    let changed = CHAT.replace("Hi]", "Ho]");
    std::fs::write(folder.path().join("scenarios/s.yaml"), changed).unwrap();
    let (document, code) = json(folder.path(), &["run", "--json"]);
    assert_eq!(
        (code, &document["runs"][0]["snapshot"]),
        (1, &Value::from("differs"))
    );
    let shown = harness(folder.path(), &["run"]).assert().code(1);
    let shown = String::from_utf8_lossy(&shown.get_output().stdout).into_owned();
    assert!(
        shown.contains("- ") && shown.contains("says   \"Ho\""),
        "{shown}"
    );
}

#[test]
fn the_json_document_has_every_field() {
    let folder = folder(&format!(
        "{CHAT}variants:\n  broken:\n    environment: macos-finder\n    layout: electron-app\n    \
         backend: {{ use: reference, defects: [spawn-bare-node] }}\n    \
         expect: {{ diagnosis: spawn-node-enoent, breaks: [first-turn-answers] }}\n"
    ));
    let (document, _) = json(
        folder.path(),
        &["run", "s::broken", "--json", "--keep-stage"],
    );
    let run = &document["runs"][0];
    assert_eq!(run["name"], "s::broken");
    assert_eq!(
        (&run["scenario"], &run["variant"]),
        (&Value::from("s"), &Value::from("broken"))
    );
    assert_eq!(run["environment"], "macos-finder");
    assert_eq!(run["layout"], "electron-app");
    assert_eq!(run["backend"], "reference");
    assert_eq!(run["diagnosis"], "spawn-node-enoent", "{document:#}");
    assert_eq!(run["broken"], serde_json::json!(["first-turn-answers"]));
    assert_eq!(run["also"], serde_json::json!([]));
    assert!(run["duration_ms"].is_u64());
    assert!(Path::new(run["stage"].as_str().unwrap()).is_dir());
}

#[test]
fn an_override_runs_only_what_expects_no_failure() {
    let folder = folder(&format!(
        "{CHAT}variants:\n  broken:\n    backend: {{ use: reference, defects: [spawn-bare-node] }}\n    \
         expect: {{ diagnosis: spawn-node-enoent, breaks: [first-turn-answers] }}\n  fixed: {{}}\n"
    ));
    let (document, code) = json(
        folder.path(),
        &["run", "--json", "--environment", "macos-finder"],
    );
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(document["runs"][0]["verdict"], "skipped");
    assert!(
        document["runs"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("expects a failure")
    );
    assert_eq!(document["runs"][1]["verdict"], "passed");
    assert_eq!(document["runs"][1]["environment"], "macos-finder");
    assert_eq!(document["runs"][1]["snapshot"], "not-compared");
}

#[test]
fn an_unmet_expectation_says_what_was_expected_and_what_came() {
    let folder = folder(&format!(
        "{CHAT}expect: {{ diagnosis: cli-hangs, breaks: [turn-ends] }}\n"
    ));
    let (document, code) = json(folder.path(), &["run", "--json"]);
    assert_eq!(code, 1);
    let reason = document["runs"][0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("expected the diagnosis cli-hangs, got none"),
        "{reason}"
    );
    assert!(
        reason.contains("expected turn-ends to break, it held"),
        "{reason}"
    );
}

#[test]
fn a_hang_is_found_by_stillness_and_says_what_is_waited_for() {
    let folder = folder("about: x\nclaude: [{ do: [say: Hm, hang] }]\nsteps: [chat: Hello]\n");
    let (document, _) = json(folder.path(), &["run", "--json"]);
    assert_eq!(
        document["runs"][0]["diagnosis"], "cli-hangs",
        "{document:#}"
    );
    let shown = harness(folder.path(), &["run"]).assert().code(1);
    let shown = String::from_utf8_lossy(&shown.get_output().stdout).into_owned();
    assert!(shown.contains("claude waits on hang"), "{shown}");
}

/// The part of a failed run's report that says what it was waiting for, and the record that is kept with its stage.
fn waiting_for(scenario: &str) -> (String, String) {
    let folder = folder(scenario);
    let output = harness(folder.path(), &["run"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let (_, hangs) = text
        .split_once("what it was waiting for:\n")
        .unwrap_or_else(|| panic!("{text}"));
    let (_, stage) = text
        .split_once("the stage was kept in ")
        .unwrap_or_else(|| panic!("{text}"));
    let stage = Path::new(stage.lines().next().unwrap()).join("supervisor");
    assert!(stage.join("events.jsonl").exists());
    let record = std::fs::read_to_string(stage.join("processes.txt")).unwrap();
    (hangs.to_owned(), record)
}

#[test]
fn a_hang_shows_processes_frames_the_open_request_and_the_line_of_the_script() {
    let (hangs, record) =
        waiting_for("about: x\nclaude:\n  - do: [say: Hm, hang]\nsteps: [chat: Hello]\n");
    for part in [
        "the budget `silence` ran out while waiting for the answer to POST /api/chat, for ",
        "claude 1 waits for hang, in the entry of line 3",
        "last frame to claude: none",
        "last frame from claude: {",
        "      S ",
        "        S ",
        ", waits in ",
    ] {
        assert!(hangs.contains(part), "{part}: {hangs}");
    }
    for part in [
        " parent ",
        "after chat 1: ",
        "after stop: ",
        "the budget `silence`",
    ] {
        assert!(record.contains(part), "{part}: {record}");
    }
}

#[test]
fn a_turn_has_a_budget_of_its_own_and_the_run_goes_on_to_its_stop() {
    let scenario = "about: x\nbudgets: { silence: 1m, turn: 1s }\nclaude: [{ do: [say: Hm, wait: 50s, say: Late] }]\nsteps: [chat: Hello, health]\n";
    let (hangs, record) = waiting_for(scenario);
    assert!(hangs.contains("the budget `turn` ran out"), "{hangs}");
    assert!(record.contains("after health: "), "{record}");
    assert!(record.contains("after stop: "), "{record}");
}

#[test]
fn a_budget_is_a_duration_with_a_unit() {
    let text = complaint("about: x\nbudgets: { stop: 3 }\nsteps: [chat: Hi]\n");
    assert!(text.contains("scenarios/s.yaml:2:18"), "{text}");
    let text = complaint("about: x\nbudgets: { stopp: 3s }\nsteps: [chat: Hi]\n");
    assert!(text.contains("did you mean `stop`?"), "{text}");
}

#[test]
fn a_call_that_nothing_expects_fails_the_run_with_the_near_miss() {
    let folder = folder(
        "about: x\nclaude: [{ when: { prompt: Hallo }, do: [say: Hi] }]\nsteps: [chat: Hello]\n",
    );
    let (document, code) = json(folder.path(), &["run", "--json"]);
    assert_eq!(code, 1);
    let run = &document["runs"][0];
    assert_eq!(run["diagnosis"], "unexpected-call", "{document:#}");
    let reason = run["reason"].as_str().unwrap();
    assert!(
        reason.contains("Hallo") && reason.contains("Hello"),
        "{reason}"
    );
}

#[test]
fn an_expected_call_that_never_came_fails_the_run() {
    let folder = folder(
        "about: x\nclaude:\n  - do: [say: Hi]\n  - when: { prompt: Bye }\n    do: [say: Bye]\nsteps: [chat: Hello]\n",
    );
    let (document, code) = json(folder.path(), &["run", "--json"]);
    assert_eq!(code, 1);
    assert_eq!(
        document["runs"][0]["broken"],
        serde_json::json!(["calls-match-script"]),
        "{document:#}"
    );
    let reason = document["runs"][0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("Bye") && reason.contains("line 4"),
        "{reason}"
    );
}

#[test]
fn list_says_where_things_come_from() {
    let folder = folder(CHAT);
    let (scenarios, _) = json(folder.path(), &["list", "scenarios", "--json"]);
    let mine = scenarios
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "s")
        .unwrap();
    assert_eq!(mine["source"], "folder");
    assert_eq!(mine["variants"], serde_json::json!(["default"]));
    let lane = scenarios
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "lanes/stripped-path")
        .unwrap();
    assert_eq!(lane["source"], "built-in");
    assert_eq!(lane["variants"], serde_json::json!(["broken", "fixed"]));
    for what in ["environments", "layouts", "backends"] {
        let (list, code) = json(folder.path(), &["list", what, "--json"]);
        assert_eq!(code, 0);
        assert!(
            list.as_array()
                .unwrap()
                .iter()
                .all(|one| one["name"].is_string() && one["about"].is_string())
        );
    }
}

#[test]
fn a_file_in_the_working_folder_wins_over_a_built_in_one() {
    let folder = folder(CHAT);
    let environments = folder.path().join("environments");
    std::fs::create_dir(&environments).unwrap();
    let built_in = include_str!("../../harness/src/stage/environments/macos-finder.yaml");
    let mine = built_in.replace("about: ", "about: MINE ");
    std::fs::write(environments.join("macos-finder.yaml"), mine).unwrap();
    let (list, _) = json(folder.path(), &["list", "environments", "--json"]);
    let finder = list
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "macos-finder")
        .unwrap();
    assert!(finder["about"].as_str().unwrap().starts_with("MINE"));
    assert_eq!(finder["source"], "folder");
}
