//! Commands that the CLI answers itself, in place of the model.

mod support;

use serde_json::{Value, json};
use std::fs;
use support::{Run, Stage};

const STREAM: [&str; 4] = [
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
];

/// A model that says `A0`, `A1`, … and a client that sends one prompt after another, each when the last one is answered.
fn chat(stage: &Stage, prompts: &[&str]) -> Vec<Value> {
    let mut run = Run::start(stage.command(&STREAM).stdin(std::process::Stdio::piped()));
    for prompt in prompts {
        run.prompt(prompt);
        run.wait("result", |line| line["type"] == "result");
    }
    run.done().json()
}

fn stage(profile: &str) -> Stage {
    let turn = |n: usize| json!({"content": [{"type": "text", "text": format!("A{n}")}]});
    let turns: Vec<Value> = (0..6).map(turn).collect();
    Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": turns}))
}

fn results(lines: &[Value]) -> Vec<&str> {
    let results = lines.iter().filter(|line| line["type"] == "result");
    results
        .map(|line| line["result"].as_str().unwrap())
        .collect()
}

/// Seen on 2.1.330.
#[test]
fn clear_begins_another_session_without_asking_the_model() {
    for command in ["/clear", "/new", "/reset", "/clear "] {
        let stage = stage("2.1.330");
        let lines = chat(&stage, &["hi", command, "again"]);
        let reset = lines
            .iter()
            .position(|line| line["type"] == "conversation_reset")
            .unwrap();
        assert_eq!(lines[reset]["uuid"], lines[reset]["new_conversation_id"]);
        assert_eq!(lines[reset + 1]["subtype"], "background_tasks_changed");
        let result = &lines[reset + 3];
        assert_eq!(result["local_command"], command.trim().trim_matches('/'));
        assert_eq!(
            (&result["result"], &result["total_cost_usd"]),
            (&json!(""), &json!(0))
        );
        assert_ne!(lines[reset]["session_id"], result["session_id"]);
        assert_eq!(lines[reset + 2]["session_id"], result["session_id"]);
        assert_eq!(results(&lines), ["A0", "", "A1"], "{command}");
    }
}

/// Seen on 2.1.330.
#[test]
fn clear_ends_one_transcript_and_begins_another() {
    let stage = stage("2.1.330");
    let lines = chat(&stage, &["hi", "/clear", "again"]);
    let session = lines.last().unwrap()["session_id"].as_str().unwrap();
    let projects = fs::read_dir(stage.home.join(".claude/projects")).unwrap();
    let project = projects.flatten().next().unwrap().path();
    let new = fs::read_to_string(project.join(format!("{session}.jsonl"))).unwrap();
    assert!(new.contains("<command-name>/clear</command-name>"));
    assert!(new.contains("again") && !new.contains("A0"));
    assert_eq!(new.matches("cost-state").count(), 1);
}

/// Seen on 2.1.330: hooks hear of the end of the old session, and then of the beginning of the new one.
#[test]
fn hooks_hear_of_a_session_that_is_cleared() {
    let stage = stage("2.1.330");
    let hook = |event: &str| {
        let run = json!({"type": "command", "command": format!("cat >> {}/hooks; echo >> {0}/hooks", stage.home.display())});
        json!({event: [{"hooks": [run]}]})[event].clone()
    };
    let hooks = json!({"SessionStart": hook("SessionStart"), "SessionEnd": hook("SessionEnd")});
    fs::create_dir(stage.home.join(".claude")).unwrap();
    let settings = stage.home.join(".claude/settings.json");
    fs::write(settings, json!({"hooks": hooks}).to_string()).unwrap();
    chat(&stage, &["hi", "/clear"]);
    let heard = fs::read_to_string(stage.home.join("hooks")).unwrap();
    let heard = heard.lines().filter(|line| !line.is_empty()).map(|line| {
        let input: Value = serde_json::from_str(line).unwrap();
        let detail = input["source"].as_str().or(input["reason"].as_str());
        format!(
            "{} {}",
            input["hook_event_name"].as_str().unwrap(),
            detail.unwrap()
        )
    });
    assert_eq!(
        heard.collect::<Vec<_>>(),
        [
            "SessionStart startup",
            "SessionEnd clear",
            "SessionStart clear",
            "SessionEnd other"
        ]
    );
}

/// Seen on 2.1.330.
#[test]
fn model_says_which_one_answers_and_sets_another_one() {
    let lines = chat(
        &stage("2.1.330"),
        &["/model", "/model haiku", "hi", "/model default"],
    );
    let said = results(&lines);
    assert!(said[0].starts_with("Current model: `Opus 5.5 (default)`\nUsage: /model <name>."));
    assert_eq!(said[1], "Set model to `Haiku 5.5` for this session only");
    assert_eq!(said[2], "A0");
    assert_eq!(
        said[3],
        "Set model to `Opus 5.5 (default)` for this session only"
    );
    let answered = |line: &&Value| line["message"]["content"][0]["text"] == "A0";
    let answer = lines.iter().find(answered).unwrap();
    assert_eq!(answer["message"]["model"], "claude-haiku-5-5");
}

/// Seen on 2.1.330 and 2.1.197.
#[test]
fn what_needs_a_terminal_is_not_available() {
    for profile in ["2.1.330", "2.1.197"] {
        let lines = chat(&stage(profile), &["/resume", "/export notes.txt"]);
        let text = |name: &str| format!("/{name} isn't available in this environment.");
        assert_eq!(
            results(&lines),
            [text("resume"), text("export")],
            "{profile}"
        );
    }
}

/// Seen on 2.1.330 and 2.1.197.
#[test]
fn cost_is_told_by_model() {
    let said = |profile: &str| {
        let lines = chat(&stage(profile), &["hi", "/cost"]);
        results(&lines)[1].to_owned()
    };
    let newest = said("2.1.330");
    assert!(newest.contains("\n     claude-opus-5-5:  10 input, 5 output, 1.0k cache read, 100 cache write ($0.0008)\nPrompt cache (main):   1 request · "));
    assert!(said("2.1.197").ends_with(
        "\n     claude-opus-4-8:  10 input, 5 output, 1.0k cache read, 100 cache write ($0.0013)"
    ));
}

/// Seen on 2.1.330.
#[test]
fn a_title_is_told_before_the_turn_that_gives_it() {
    let lines = chat(&stage("2.1.330"), &["/rename my title"]);
    assert_eq!(lines[0]["subtype"], "session_title_changed");
    assert_eq!(results(&lines), ["Session renamed to: my title"]);
}

/// Seen on 2.1.330 and 2.1.197, which finds one prompt too little to sum up.
#[test]
fn a_summary_leaves_the_last_answer_as_it_was() {
    for profile in ["2.1.330", "2.1.197"] {
        let lines = chat(&stage(profile), &["hi", "ho", "/compact"]);
        let last = |line: &&Value| line["message"]["content"][0]["text"] == "A1";
        let last = &lines.iter().find(last).unwrap()["uuid"];
        let boundary = |line: &&Value| line["subtype"] == "compact_boundary";
        let kept = &lines.iter().find(boundary).unwrap()["compact_metadata"];
        assert_eq!(&kept["preserved_segment"]["head_uuid"], last, "{profile}");
        assert_eq!(
            kept["preserved_messages"]["uuids"],
            json!([last]),
            "{profile}"
        );
    }
    let lines = chat(&stage("2.1.197"), &["hi", "/compact", "ho"]);
    assert_eq!(
        results(&lines),
        ["A0", "Not enough messages to compact.", "A1"]
    );
}

/// Seen on 2.1.330, 2.1.197 and 2.0.77.
#[test]
fn a_slash_that_is_not_the_first_character_makes_no_command() {
    for profile in ["2.1.330", "2.1.197", "2.0.77"] {
        let lines = chat(&stage(profile), &[" /cost"]);
        assert_eq!(results(&lines), ["A0"], "{profile}");
    }
}
