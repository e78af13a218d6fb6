//! What modes let happen, and what is told of it. All values: seen on the real CLIs of these versions.

mod support;

use serde_json::{Value, json};
use std::process::Stdio;
use support::{Run, Stage};

const STREAM: [&str; 5] = [
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
];

fn stage(profile: &str, calls: &[(&str, Value)]) -> Stage {
    let call = |(name, input): &(&str, Value)| json!({"content": [{"type": "tool_use", "name": name, "input": input}]});
    let mut turns: Vec<Value> = calls.iter().map(call).collect();
    turns.push(json!({"content": [{"type": "text", "text": "Done."}]}));
    let stage = Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": turns}));
    std::fs::write(stage.root().join("outside.txt"), "one\n").expect("a file");
    stage
}

fn run(profile: &str, mode: &str, call: (&str, Value), more: &[&str]) -> Vec<Value> {
    let args = [
        "-p",
        "go",
        "--output-format",
        "stream-json",
        "--verbose",
        "--permission-mode",
        mode,
    ];
    stage(profile, &[call])
        .run(&[&args, more].concat(), "")
        .json()
}

/// What the call came to.
fn outcome(lines: &[Value]) -> &str {
    lines
        .iter()
        .find_map(|line| line["message"]["content"][0]["content"].as_str())
        .expect("the result of a tool")
}

fn outside() -> (&'static str, Value) {
    ("Read", json!({"file_path": "../outside.txt"}))
}

fn bash(command: &str) -> (&'static str, Value) {
    ("Bash", json!({"command": command}))
}

fn fetch() -> (&'static str, Value) {
    (
        "WebFetch",
        json!({"url": "http://127.0.0.1:9/x", "prompt": "p"}),
    )
}

#[test]
fn what_only_reads_needs_no_judge_where_a_classifier_judges() {
    let rows = [
        ("2.1.197", "plan", false),
        ("2.1.197", "auto", true),
        ("2.1.330", "plan", true),
        ("2.1.330", "auto", true),
        ("2.1.330", "default", false),
    ];
    for (profile, mode, reads) in rows {
        let lines = run(profile, mode, outside(), &[]);
        assert_eq!(outcome(&lines).contains("one"), reads, "{profile} {mode}");
    }
}

#[test]
fn plan_mode_writes_nowhere_in_the_newest_version() {
    let call = ("Write", json!({"file_path": "../new.txt", "content": "x"}));
    for (profile, begins) in [
        ("2.1.197", "Claude requested permissions"),
        ("2.1.330", "Cannot write to"),
    ] {
        let lines = run(profile, "plan", call.clone(), &[]);
        assert!(outcome(&lines).starts_with(begins), "{profile}");
    }
}

#[test]
fn a_classifier_that_is_not_there_is_told_of_once_and_its_denials_have_a_code() {
    let stage = stage("2.1.330", &[bash("touch a"), fetch()]);
    let args = [
        "-p",
        "go",
        "--output-format",
        "stream-json",
        "--verbose",
        "--permission-mode",
        "plan",
    ];
    let lines = stage.run(&args, "").json();
    let told = |subtype: &str| -> Vec<&Value> {
        lines
            .iter()
            .filter(|line| line["subtype"] == subtype)
            .collect()
    };
    assert_eq!(told("informational").len(), 1);
    assert_eq!(told("informational")[0]["tag"], "auto_mode_no_server_check");
    let denied = told("permission_denied");
    assert_eq!(denied.len(), 2);
    for denial in denied {
        assert_eq!(
            denial["decision_reason_code"],
            "auto_mode_no_check_in_session"
        );
    }
    let results = lines
        .iter()
        .filter_map(|line| line["tool_result_meta"][0]["non_execution_kind"].as_str());
    assert_eq!(results.collect::<Vec<_>>(), ["automode-unavailable"; 2]);
}

#[test]
fn an_older_classifier_denies_what_it_cannot_judge_and_asks_what_a_rule_has_asked() {
    let lines = run("2.1.197", "auto", fetch(), &[]);
    assert!(outcome(&lines).starts_with(
        "Permission for this action was denied by the Claude Code auto mode classifier."
    ));
    let rule = json!({"permissions": {"ask": ["Bash"]}}).to_string();
    let lines = run("2.1.197", "auto", bash("echo hi"), &["--settings", &rule]);
    assert!(outcome(&lines).starts_with("Claude requested permissions to use Bash"));
}

#[test]
fn one_version_tells_of_denials_only_where_somebody_can_be_asked() {
    let denials = |profile: &str, more: &[&str]| {
        let args = ["--verbose", "--disallowedTools", "Bash(touch:*)"];
        let prompt = json!({"type": "user", "message": {"role": "user", "content": "go"}});
        let done = stage(profile, &[bash("touch a")])
            .run(&[&STREAM, &args[..], more].concat(), &format!("{prompt}\n"));
        done.json()
            .iter()
            .filter(|line| line["subtype"] == "permission_denied")
            .count()
    };
    let stdio = ["--permission-prompt-tool", "stdio"];
    for (profile, alone, asked) in [("2.0.77", 0, 0), ("2.1.197", 0, 1), ("2.1.330", 1, 1)] {
        assert_eq!(
            (denials(profile, &[]), denials(profile, &stdio)),
            (alone, asked),
            "{profile}"
        );
    }
}

#[test]
fn a_command_that_nobody_describes_describes_itself() {
    for profile in ["2.1.197", "2.1.330"] {
        let stage = stage(profile, &[bash("touch a")]);
        let args = [
            &STREAM,
            &["--verbose", "--permission-prompt-tool", "stdio"][..],
        ]
        .concat();
        let mut run = Run::start(stage.command(&args).stdin(Stdio::piped()));
        run.prompt("go");
        let question = run.wait("a question", |line| {
            line["request"]["subtype"] == "can_use_tool"
        });
        assert_eq!(question["request"]["description"], "touch a", "{profile}");
    }
}
