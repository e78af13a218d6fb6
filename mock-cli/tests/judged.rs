//! Kinds of behaviour that a random judge found between the stand-in and the real programs.

mod support;

use serde_json::{Value, json};
use std::process::Stdio;
use support::{Run, Stage};

fn stage(profile: &str, calls: &[Value]) -> Stage {
    let mut turns: Vec<Value> = calls
        .iter()
        .map(|call| json!({"content": [call]}))
        .collect();
    turns.push(json!({"content": [{"type": "text", "text": "Done."}]}));
    Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": turns}))
}

fn tool(name: &str, input: Value) -> Value {
    json!({"type": "tool_use", "name": name, "input": input})
}

fn run(stage: &Stage, more: &[&str]) -> Vec<Value> {
    let args = ["-p", "go", "--output-format", "stream-json", "--verbose"];
    stage.run(&[&args, more].concat(), "").json()
}

fn file(stage: &Stage, name: &str, text: &str) {
    let path = stage.cwd.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn settings(stage: &Stage, settings: &Value) {
    let folder = stage.home.join(".claude");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("settings.json"), settings.to_string()).expect("settings");
}

/// What the results of tools say.
fn results(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .filter_map(|line| line["message"]["content"][0]["content"].as_str())
        .collect()
}

fn last(lines: &[Value]) -> &Value {
    lines.last().expect("a result")
}

/// Seen on 2.0.77, 2.1.197 and 2.1.330; the newest counts it as a denial.
#[test]
fn a_file_that_a_rule_denies_is_an_error_with_its_name() {
    let text = "File is in a directory that is denied by your permission settings.";
    for (profile, denials) in [("2.0.77", 0), ("2.1.197", 0), ("2.1.330", 1)] {
        let stage = stage(profile, &[tool("Read", json!({"file_path": "a.txt"}))]);
        settings(&stage, &json!({"permissions": {"deny": ["Read(a.txt)"]}}));
        file(&stage, "a.txt", "one\n");
        let lines = run(&stage, &[]);
        let structured = json!(format!("Error: {text}"));
        assert!(
            lines
                .iter()
                .any(|line| line["tool_use_result"] == structured),
            "{profile}"
        );
        let told = last(&lines)["permission_denials"].as_array().map(Vec::len);
        assert_eq!(told, Some(denials), "{profile}");
    }
}

/// Seen on 2.0.77, 2.1.197 and 2.1.330.
#[test]
fn an_empty_file_that_is_written_is_a_new_one() {
    for profile in ["2.0.77", "2.1.197", "2.1.330"] {
        let read = tool("Read", json!({"file_path": "a.txt"}));
        let write = tool("Write", json!({"file_path": "a.txt", "content": "x"}));
        let stage = stage(profile, &[read, write]);
        file(&stage, "a.txt", "");
        let lines = run(&stage, &["--allowedTools", "Write"]);
        let mut kinds = lines
            .iter()
            .filter_map(|line| line["tool_use_result"]["type"].as_str());
        assert_eq!(kinds.next_back(), Some("create"), "{profile}");
    }
}

/// Seen on 1.0.108 and 2.0.77.
#[test]
fn older_versions_look_for_a_file_before_they_ask() {
    for profile in ["1.0.108", "2.0.77"] {
        let stage = stage(
            profile,
            &[tool("Read", json!({"file_path": "/nowhere/x.txt"}))],
        );
        let lines = run(&stage, &[]);
        let text = "<tool_use_error>File does not exist.</tool_use_error>";
        assert_eq!(results(&lines), [text], "{profile}");
        assert_eq!(last(&lines)["permission_denials"], json!([]), "{profile}");
    }
}

/// Seen on 2.1.330, which lets other files be written that nobody has read.
#[test]
fn a_notebook_is_not_written_before_it_is_read() {
    let write = tool("Write", json!({"file_path": "nb.ipynb", "content": ""}));
    let stage = stage("2.1.330", &[write]);
    file(&stage, "nb.ipynb", "{}");
    let lines = run(&stage, &["--allowedTools", "Write"]);
    assert!(results(&lines)[0].contains("File has not been read yet."));
}

/// Seen on 1.0.108 and 2.0.77.
#[test]
fn a_search_passes_over_links() {
    for profile in ["1.0.108", "2.0.77"] {
        let stage = stage(profile, &[tool("Grep", json!({"pattern": "one"}))]);
        file(&stage, "a.txt", "one\n");
        std::os::unix::fs::symlink("a.txt", stage.cwd.join("link")).expect("a link");
        let lines = run(&stage, &[]);
        assert!(
            results(&lines)[0].starts_with("Found 1 file\n"),
            "{profile}"
        );
    }
}

/// Seen on 2.0.77: the results of tools count, and the turn with them.
#[test]
fn most_turns_are_counted_by_results_in_one_version() {
    let bash = tool("Bash", json!({"command": "ls", "description": "d"}));
    for (calls, most, turns) in [(1, 1, 2), (1, 2, 2), (2, 3, 3), (3, 3, 3)] {
        let calls = vec![bash.clone(); calls];
        let script = json!([{"content": calls}, {"content": [{"type": "text", "text": "Done."}]}]);
        let stage = Stage::new(json!({"profile": "2.0.77", "clock": 0.0, "api_script": script}));
        let lines = run(
            &stage,
            &["--allowedTools", "Bash", "--max-turns", &most.to_string()],
        );
        let result = last(&lines);
        assert_eq!(
            (&result["subtype"], &result["num_turns"]),
            (&json!("error_max_turns"), &json!(turns))
        );
    }
}

/// Seen on 1.0.108: settings with an event that came later are no settings.
#[test]
fn an_event_that_came_later_makes_the_oldest_version_pass_over_all_hooks() {
    let hook = |command: &str| json!([{"hooks": [{"type": "command", "command": command}]}]);
    for (profile, runs) in [("1.0.108", false), ("2.0.77", true)] {
        let stage = stage(profile, &[]);
        let hooks = json!({"Stop": hook("touch ran"), "SubagentStart": hook("true")});
        settings(&stage, &json!({"hooks": hooks}));
        run(&stage, &[]);
        assert_eq!(stage.cwd.join("ran").exists(), runs, "{profile}");
    }
}

/// Seen on 1.0.108: the model is reminded of it, which counts as a message.
#[test]
fn an_output_style_counts_as_a_message_where_messages_are_counted() {
    for (style, turns) in [("default", 1), ("Explanatory", 2), ("nope", 2)] {
        let stage = stage("1.0.108", &[]);
        settings(&stage, &json!({"outputStyle": style}));
        assert_eq!(last(&run(&stage, &[]))["num_turns"], turns, "{style}");
    }
}

/// 2.1.197 and 2.1.330 pass over events that they do not know, where older versions pass over all hooks.
#[test]
fn an_event_that_no_version_knows_spoils_the_hooks_of_older_versions_only() {
    for (profile, runs) in [("2.0.77", false), ("2.1.197", true), ("2.1.330", true)] {
        let stage = stage(profile, &[]);
        let hook = |command: &str| json!([{"hooks": [{"type": "command", "command": command}]}]);
        settings(
            &stage,
            &json!({"hooks": {"PostCompact": hook("true"), "Stop": hook("touch ran")}}),
        );
        run(&stage, &[]);
        assert_eq!(stage.cwd.join("ran").exists(), runs, "{profile}");
    }
}

/// Seen on 2.1.197 and 2.1.330; the newest one says that the hook gave no usable answer.
#[test]
fn an_answer_of_a_hook_for_another_event_decides_nothing() {
    let answer =
        json!({"hookSpecificOutput": {"hookEventName": "Stop", "permissionDecision": "deny"}});
    for (profile, told) in [("2.1.197", 0), ("2.1.330", 1)] {
        let stage = stage(profile, &[tool("Bash", json!({"command": "echo hi"}))]);
        file(&stage, "answer.json", &answer.to_string());
        let hook = json!([{"hooks": [{"type": "command", "command": "cat answer.json"}]}]);
        settings(&stage, &json!({"hooks": {"PreToolUse": hook}}));
        let lines = run(&stage, &[]);
        assert_eq!(results(&lines), ["hi"], "{profile}");
        let notices = lines.iter().filter(|line| line["tag"] == "hook_no_verdict");
        assert_eq!(notices.count(), told, "{profile}");
    }
}

/// Seen on 2.1.197 and 2.1.330: what a hook asks is asked, though the command would run.
#[test]
fn a_hook_that_asks_is_heeded_since_2_1() {
    let answer = json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "ask", "permissionDecisionReason": "hm"}});
    for profile in ["2.1.197", "2.1.330"] {
        let stage = stage(profile, &[tool("Bash", json!({"command": "echo hi"}))]);
        file(&stage, "answer.json", &answer.to_string());
        let hook = json!([{"hooks": [{"type": "command", "command": "cat answer.json"}]}]);
        settings(&stage, &json!({"hooks": {"PreToolUse": hook}}));
        assert!(results(&run(&stage, &[]))[0].ends_with("hm"), "{profile}");
    }
}

/// Says these prompts one after the other, and gives all lines.
fn talk(stage: &Stage, prompts: &[&str]) -> Vec<Value> {
    let stream = [
        "--input-format",
        "stream-json",
        "--output-format",
        "stream-json",
    ];
    let args = [&["-p", "--verbose"], &stream[..]].concat();
    let mut run = Run::start(stage.command(&args).stdin(Stdio::piped()));
    for text in prompts {
        run.prompt(text);
        run.wait("a result", |line| line["type"] == "result");
    }
    run.done().json()
}

/// Three answers, the last one a summary, and a hook.
fn talking(profile: &str, event: &str, command: &str) -> Stage {
    let say = |text: &str| json!({"content": [{"type": "text", "text": text}]});
    let turns = json!([
        say("One."),
        say("Two."),
        say("<summary>We spoke.</summary>")
    ]);
    let stage = Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": turns}));
    let hook = json!([{"hooks": [{"type": "command", "command": command}]}]);
    settings(&stage, &json!({"hooks": {event: hook}}));
    stage
}

/// Seen on these versions.
#[test]
fn a_cleared_conversation_goes_on_under_another_id_since_2_1_and_the_newest_counts_again() {
    for (profile, sessions, restarts) in [
        ("2.0.77", 1, false),
        ("2.1.197", 2, false),
        ("2.1.330", 2, true),
    ] {
        let lines = talk(&talking(profile, "Stop", "true"), &["one", "/clear", "two"]);
        let results: Vec<&Value> = lines
            .iter()
            .filter(|line| line["type"] == "result")
            .collect();
        let mut ids: Vec<&Value> = results.iter().map(|line| &line["session_id"]).collect();
        ids.dedup();
        assert_eq!(ids.len(), sessions, "{profile}");
        let again = results[2]["total_cost_usd"] == results[0]["total_cost_usd"];
        assert_eq!(again, restarts, "{profile}");
    }
}

/// Seen on these versions.
#[test]
fn the_hooks_of_a_session_that_begins_after_a_summary_are_told_of_since_2_1() {
    for (profile, told) in [("2.0.77", 0), ("2.1.197", 1), ("2.1.330", 1)] {
        let lines = talk(
            &talking(profile, "SessionStart", "echo hi"),
            &["one", "two", "/compact"],
        );
        let name = "SessionStart:compact";
        let responses = lines
            .iter()
            .filter(|line| line["subtype"] == "hook_response" && line["hook_name"] == name);
        assert_eq!(responses.count(), told, "{profile}");
    }
}

/// Seen on 2.1.197 and 2.1.330.
#[test]
fn a_hook_gets_a_summary_as_the_model_wrote_it() {
    for profile in ["2.1.197", "2.1.330"] {
        let stage = talking(profile, "PostCompact", "cat > heard.json");
        talk(&stage, &["one", "two", "/compact"]);
        let heard = std::fs::read_to_string(stage.cwd.join("heard.json")).expect("what it heard");
        let heard: Value = serde_json::from_str(&heard).expect("JSON");
        assert_eq!(
            heard["compact_summary"], "<summary>We spoke.</summary>",
            "{profile}"
        );
    }
}
