//! What is told of subagents, and what they may do.

mod support;

use serde_json::{Value, json};
use support::Stage;

fn tool(name: &str, input: Value) -> Value {
    json!({"type": "tool_use", "name": name, "input": input})
}

fn turn(blocks: &[Value]) -> Value {
    json!({"content": blocks})
}

fn saying(text: &str) -> Value {
    turn(&[json!({"type": "text", "text": text})])
}

fn bash(command: &str) -> Value {
    tool("Bash", json!({"command": command, "description": "d"}))
}

fn agent(kind: &str) -> Value {
    tool(
        "Task",
        json!({"description": "look", "prompt": "do it", "subagent_type": kind, "run_in_background": false}),
    )
}

fn lines(profile: &str, turns: Value, more: &[&str]) -> Vec<Value> {
    let args = [
        &[
            "-p",
            "go",
            "--output-format",
            "stream-json",
            "--verbose",
            "--allowedTools",
            "Bash",
        ],
        more,
    ]
    .concat();
    let stage = Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": turns}));
    let done = stage.run(&args, "");
    assert_eq!(done.code, 0, "{profile}");
    done.json()
}

/// The tokens and the tools that each line of this kind tells.
fn told(lines: &[Value], kind: &str) -> Vec<(u64, u64)> {
    let count = |line: &Value, key: &str| line["usage"][key].as_u64();
    let lines = lines.iter().filter(|line| line["subtype"] == kind);
    lines
        .filter_map(|line| Some((count(line, "total_tokens")?, count(line, "tool_uses")?)))
        .collect()
}

/// Seen on 2.1.197, which adds up its lines, and on 2.1.330, which guesses from the first piece of a message.
#[test]
fn progress_is_told_before_each_call_with_the_tokens_so_far() {
    let turns = json!([
        turn(&[agent("general-purpose")]),
        turn(&[
            json!({"type": "text", "text": "Looking."}),
            bash("echo hi"),
            bash("false")
        ]),
        turn(&[bash("cat a.txt")]),
        saying("The report."),
        saying("Done."),
    ]);
    for (profile, progress, end) in [
        ("2.1.197", [(1112, 1), (1113, 2), (1114, 3)], (1115, 3)),
        ("2.1.330", [(1111, 1), (1111, 2), (1115, 3)], (1115, 3)),
    ] {
        let lines = lines(profile, turns.clone(), &[]);
        assert_eq!(told(&lines, "task_progress"), progress, "{profile}");
        assert_eq!(told(&lines, "task_notification"), [end], "{profile}");
        let at = |subtype| lines.iter().position(|line| line["subtype"] == subtype);
        let next = at("task_progress").map(|at| &lines[at + 1]["message"]["content"][0]["name"]);
        assert_eq!(next, Some(&json!("Bash")), "{profile}");
    }
}

/// Seen on 2.0.77, 2.1.197 and 2.1.330.
#[test]
fn an_agent_has_the_tools_that_it_is_given_and_those_that_only_look_change_nothing() {
    let write = tool(
        "Write",
        json!({"file_path": "/nowhere/n.txt", "content": "n"}),
    );
    let agents = r#"{"reader": {"description": "d", "prompt": "p", "tools": ["Read"]}}"#;
    for (profile, more) in [
        ("2.0.77", ""),
        (
            "2.1.197",
            ". Write exists but is not enabled in this context. Use one of the available tools instead.",
        ),
        (
            "2.1.330",
            ". Write is not among the tools available here. Continue with the tools you have.",
        ),
    ] {
        for kind in ["Explore", "reader"] {
            let turns = json!([
                turn(&[agent(kind)]),
                turn(std::slice::from_ref(&write)),
                saying("r"),
                saying("d")
            ]);
            let lines = lines(profile, turns, &["--agents", agents]);
            let missing = format!(
                "<tool_use_error>Error: No such tool available: Write{more}</tool_use_error>"
            );
            let is_told = |line: &Value| line["message"]["content"][0]["content"] == missing;
            assert!(lines.iter().any(is_told), "{profile} {kind}");
        }
    }
}

/// Seen on 2.0.77, 2.1.197 and 2.1.330: `Explore` has a small model of its own in the older two.
#[test]
fn an_agent_has_the_model_of_its_call_else_of_its_kind() {
    for (profile, usual, haiku) in [
        (
            "2.0.77",
            "claude-haiku-4-5-20251001",
            "claude-haiku-4-5-20251001",
        ),
        (
            "2.1.197",
            "claude-haiku-4-5-20251001",
            "claude-haiku-4-5-20251001",
        ),
        ("2.1.330", "claude-opus-5-5", "claude-haiku-5-5"),
    ] {
        for (asked, model) in [(None, usual), (Some("haiku"), haiku)] {
            let mut call = agent("Explore");
            if let Some(asked) = asked {
                call["input"]["model"] = asked.into();
            }
            let turns = json!([turn(&[call]), turn(&[bash("ls")]), saying("r"), saying("d")]);
            let lines = lines(profile, turns, &[]);
            let under = lines
                .iter()
                .find(|line| line["type"] == "assistant" && !line["parent_tool_use_id"].is_null());
            assert_eq!(
                under.map(|line| &line["message"]["model"]),
                Some(&json!(model)),
                "{profile}"
            );
        }
    }
}

/// Seen on 2.1.197 and 2.1.330: what its tools were counts, also where they were not allowed.
#[test]
fn a_result_counts_what_an_agent_did() {
    let edit = json!({"file_path": "/nowhere", "old_string": "a", "new_string": "b\nc"});
    let turns = json!([
        turn(&[agent("general-purpose")]),
        turn(&[bash("echo hi"), tool("Edit", edit)]),
        saying("The report."),
        saying("Done."),
    ]);
    for profile in ["2.1.197", "2.1.330"] {
        let lines = lines(profile, turns.clone(), &[]);
        let result = lines
            .iter()
            .find_map(|line| line["tool_use_result"].get("toolStats"));
        let stats = json!({
            "readCount": 0, "searchCount": 0, "bashCount": 1, "editFileCount": 1,
            "linesAdded": 2, "linesRemoved": 1, "otherToolCount": 0,
        });
        assert_eq!(result, Some(&stats), "{profile}");
        let used = lines
            .iter()
            .find_map(|line| line["tool_use_result"].get("toolsUsed"));
        let newest = (profile == "2.1.330").then(|| json!(["Bash", "Edit"]));
        assert_eq!(used, newest.as_ref(), "{profile}");
    }
}

/// Seen on 2.1.330: all that was held says in the end what all of it has cost.
#[test]
fn a_result_that_was_held_tells_of_what_came_after_it() {
    let mut call = agent("general-purpose");
    call["input"]["run_in_background"] = true.into();
    let turns = json!([
        turn(&[call]),
        saying("Waiting."),
        saying("The report."),
        saying("Done."),
    ]);
    let lines = lines("2.1.330", turns, &[]);
    let results: Vec<_> = lines
        .iter()
        .filter(|line| line["type"] == "result")
        .collect();
    let [first, last] = results[..] else {
        panic!("{results:?}")
    };
    assert_eq!(
        (&first["result"], &last["result"]),
        (&json!("Waiting."), &json!("Done."))
    );
    assert_eq!(first["total_cost_usd"], last["total_cost_usd"]);
    assert_eq!(first["model_usage_since_last_result"], last["modelUsage"]);
    assert_eq!(last["model_usage_since_last_result"], json!({}));
}

/// Seen on 2.1.330.
#[test]
fn what_an_agent_says_is_told_where_the_client_wants_it() {
    let turns = json!([
        turn(&[agent("general-purpose")]),
        saying("The report."),
        saying("Done.")
    ]);
    for (more, told) in [(&[][..], 0), (&["--forward-subagent-text"][..], 1)] {
        let lines = lines("2.1.330", turns.clone(), more);
        let texts = lines
            .iter()
            .filter(|line| line["type"] == "assistant" && !line["parent_tool_use_id"].is_null());
        assert_eq!(texts.count(), told);
    }
}

/// Seen on 1.0.108, 2.0.77, 2.1.197 and 2.1.330.
#[test]
fn the_projects_own_agents_are_known_to_every_version() {
    for profile in ["1.0.108", "2.0.77", "2.1.197", "2.1.330"] {
        let turns = json!([turn(&[agent("nope")]), saying("Done.")]);
        let stage = Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": turns}));
        let folder = stage.cwd.join(".claude/agents");
        std::fs::create_dir_all(&folder).expect("a folder for agents");
        let own = "---\nname: reviewer\ndescription: Reviews\n---\nYou review.\n";
        std::fs::write(folder.join("reviewer.md"), own).expect("an agent");
        let done = stage.run(
            &["-p", "go", "--output-format", "stream-json", "--verbose"],
            "",
        );
        let lines = done.json();
        let told = lines
            .iter()
            .filter_map(|line| line["message"]["content"][0]["content"].as_str());
        let told: String = told.collect();
        assert!(
            told.starts_with("Agent type 'nope' not found. Available agents: "),
            "{profile}"
        );
        assert!(told.contains(", reviewer"), "{profile}: {told}");
    }
}
