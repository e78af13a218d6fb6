//! `claude-harness crosscheck`, as a user meets it.

use assert_cmd::Command;
use serde_json::Value;

const CHAT: &str = "\
about: x
environment: macos-finder
layout: electron-app
claude: [{ when: { prompt: Hello }, do: [say: Hi] }]
steps: [chat: Hello]
";

fn crosscheck(scenario: &str, arguments: &[&str]) -> (Value, i32) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("scenarios/s.yaml"), scenario).unwrap();
    let output = Command::cargo_bin("claude-harness")
        .unwrap()
        .current_dir(&folder)
        .env("TMPDIR", folder.path())
        .args(["crosscheck", "s", "--json"])
        .args(arguments)
        .output()
        .unwrap();
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (document, output.status.code().unwrap())
}

#[test]
fn a_defect_that_a_scenario_shows_is_in_the_table() {
    let (document, code) = crosscheck(CHAT, &["--ask", "defects", "--defect", "spawn-bare-node"]);
    let seen = &document["defects"]["spawn-bare-node"];
    assert_eq!(seen["caught_by"]["s::default"], "spawn-node-enoent");
    assert_eq!(seen["silent_in"].as_array().unwrap().len(), 0);
    assert_eq!(code, 0);
}

#[test]
fn a_defect_that_no_scenario_shows_fails_the_check() {
    let (document, code) = crosscheck(CHAT, &["--ask", "defects", "--defect", "ignores-abort"]);
    let seen = &document["defects"]["ignores-abort"];
    assert_eq!(seen["silent_in"][0], "s::default");
    assert_eq!(code, 1);
}

#[test]
fn sound_backends_run_on_the_stages_of_others() {
    let (document, code) = crosscheck(CHAT, &["--ask", "swapped"]);
    assert_eq!(document["swapped"]["passed"], 1);
    assert_eq!(document["defects"], Value::Null);
    assert_eq!(code, 0);
}

#[test]
fn a_diagnosis_stays_the_same_under_other_names() {
    let broken = CHAT.replace(
        "about",
        "backend: { use: reference, defects: [spawn-bare-node] }\nabout",
    );
    let expect = "expect: { diagnosis: spawn-node-enoent, breaks: [first-turn-answers] }\n";
    let (document, code) = crosscheck(&format!("{broken}{expect}"), &["--ask", "disguised"]);
    assert_eq!(
        (&document["disguised"]["passed"], code),
        (&Value::from(1), 0)
    );
    let other = expect.replace("spawn-node-enoent", "port-taken");
    let (document, code) = crosscheck(&format!("{broken}{other}"), &["--ask", "disguised"]);
    let stray = &document["disguised"]["failed"][0];
    assert_eq!((stray["run"].as_str(), code), (Some("f::qrsnhyg"), 1));
}
