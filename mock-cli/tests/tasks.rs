//! Subagents and commands in the background.

mod support;

use serde_json::{Value, json};
use support::{Done, Stage};

const ARGS: [&str; 8] = [
    "-p",
    "hi",
    "--output-format",
    "stream-json",
    "--verbose",
    "--allowedTools",
    "Bash",
    "Task",
];

fn tool(name: &str, input: Value) -> Value {
    json!({"content": [{"type": "tool_use", "name": name, "input": input}]})
}

fn saying(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn run(profile: &str, turns: Value) -> Done {
    let stage = Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": turns}));
    stage.run(&ARGS, "")
}

#[test]
fn an_agent_that_is_waited_for_answers_under_its_call() {
    let agent =
        json!({"description": "sub", "prompt": "do sub", "subagent_type": "general-purpose"});
    for profile in ["1.0.108", "2.0.77"] {
        let bash = tool("Bash", json!({"command": "echo insub", "description": "d"}));
        let turns = json!([
            tool("Task", agent.clone()),
            bash,
            saying("sub done"),
            saying("main done")
        ]);
        let done = run(profile, turns);
        let lines = done.json();
        let under: Vec<&str> = lines
            .iter()
            .filter(|l| l["parent_tool_use_id"] == "toolu_fake0001")
            .filter_map(|l| l["type"].as_str())
            .collect();
        let echoed = if profile == "2.0.77" { 1 } else { 0 };
        assert_eq!(
            &["user", "assistant", "user"][1 - echoed..],
            under,
            "{profile}"
        );
        let result = &lines[lines.len() - 1];
        assert_eq!(
            (done.code, result["result"].as_str()),
            (0, Some("main done")),
            "{profile}"
        );
        let report = lines
            .iter()
            .find(|l| l["message"]["content"][0]["tool_use_id"] == "toolu_fake0001");
        assert_eq!(
            report.expect("a result")["message"]["content"][0]["content"][0]["text"],
            "sub done"
        );
    }
}

#[test]
fn an_agent_in_the_background_holds_the_result_until_its_news_is_told() {
    let agent =
        json!({"description": "sub", "prompt": "do sub", "subagent_type": "general-purpose"});
    let turns = json!([
        tool("Agent", agent),
        saying("main two"),
        saying("sub done"),
        saying("main three")
    ]);
    let done = run("2.1.330", turns);
    let kinds = [
        "system/init",
        "assistant",
        "system/background_tasks_changed",
        "system/task_started",
        "user",
        "assistant",
        "assistant",
        "system/task_updated",
        "system/task_notification",
        "system/background_tasks_changed",
        "system/init",
        "assistant",
        "result/success",
        "result/success",
    ];
    assert_eq!(done.kinds(), kinds);
    let lines = done.json();
    assert_eq!(lines[6]["parent_tool_use_id"], "toolu_fake0001");
    assert_eq!(
        (&lines[12]["result"], &lines[13]["result"]),
        (&json!("main two"), &json!("main three"))
    );
    assert_eq!(lines[13]["origin"]["kind"], "task-notification");
    assert_eq!(lines[13]["subagent_stats"]["spawned"], 1);
}

#[test]
fn an_unknown_agent_is_an_error_with_the_known_ones() {
    let turns = json!([
        tool(
            "Task",
            json!({"description": "s", "prompt": "p", "subagent_type": "nope"})
        ),
        saying("A")
    ]);
    let done = run("2.0.77", turns);
    assert_eq!(
        done.json()[2]["message"]["content"][0]["content"],
        "Agent type 'nope' not found. Available agents: Bash, general-purpose, statusline-setup, Explore, Plan"
    );
}

#[test]
fn the_newest_version_goes_on_when_a_command_in_the_background_ends() {
    let bash =
        json!({"command": "sleep 0.2; exit 3", "description": "d", "run_in_background": true});
    let done = run(
        "2.1.330",
        json!([tool("Bash", bash), saying("A2"), saying("A3")]),
    );
    let lines = done.json();
    let results: Vec<&str> = lines.iter().filter_map(|l| l["result"].as_str()).collect();
    assert_eq!(results, ["A2", "A3"]);
    let notice = lines
        .iter()
        .find(|l| l["subtype"] == "task_notification")
        .expect("a notice");
    assert_eq!(
        notice["summary"],
        "Background command \"d\" failed with exit code 3"
    );
}

#[test]
fn a_folder_outside_is_left_again_and_one_inside_is_kept() {
    let bash = |command: &str| tool("Bash", json!({"command": command, "description": "d"}));
    let turns = json!([
        bash("mkdir sub && cd sub"),
        bash("pwd"),
        bash("cd / && pwd"),
        bash("pwd"),
        saying("A")
    ]);
    let stage = Stage::new(json!({"profile": "2.1.330", "clock": 0.0, "api_script": turns}));
    let lines = stage.run(&ARGS, "").json();
    let said: Vec<&str> = lines
        .iter()
        .filter_map(|l| l["message"]["content"][0]["content"].as_str())
        .collect();
    let cwd = stage.cwd.canonicalize().expect("a folder");
    let (cwd, sub) = (
        cwd.display().to_string(),
        cwd.join("sub").display().to_string(),
    );
    assert_eq!(
        &said[1..],
        [sub, format!("/\nShell cwd was reset to {cwd}"), cwd]
    );
}
