//! Commands, skills and agents of the user's own. All values are from 1.0.108, 2.0.77, 2.1.197 and 2.1.330.

mod support;

use serde_json::{Value, json};
use std::fs;
use support::{Done, Stage};

const ARGS: [&str; 7] = [
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--replay-user-messages",
    "--allowedTools=Bash",
    "--session-id=00000000-0000-4000-8000-000000000001",
];
const VERSIONS: [&str; 4] = ["1.0.108", "2.0.77", "2.1.197", "2.1.330"];

fn stage(profile: &str) -> Stage {
    let turn = |text: &str| json!({"content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}});
    let stage = Stage::new(
        json!({"profile": profile, "clock": 0.0, "api_script": [turn("one"), turn("two")]}),
    );
    let write = |path: &str, text: &str| {
        let path = stage.cwd.join(".claude").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "commands/mine.md",
        "---\ndescription: my own\nargument-hint: [file]\nmodel: haiku\n---\nDo $ARGUMENTS\n",
    );
    write("commands/sub/bare.md", "# A title\n\nBody\n");
    write("commands/shell.md", "It is !`echo shown`\n");
    write(
        "skills/folder/SKILL.md",
        "---\nname: named\ndescription: a skill\n---\nBody\n",
    );
    write(
        "skills/model/SKILL.md",
        "---\ndescription: for the model\nuser-invocable: false\n---\nBody\n",
    );
    write(
        "agents/tester.md",
        "---\nname: tester\ndescription: tests\nmodel: haiku\n---\nYou test\n",
    );
    stage
}

fn say(stage: &Stage, prompts: &[&str]) -> Done {
    let initialize =
        json!({"type": "control_request", "request_id": "i", "request": {"subtype": "initialize"}});
    let prompt = |text: &&str| {
        json!({"type": "user", "message": {"role": "user", "content": text}}).to_string()
    };
    let lines: Vec<String> = std::iter::once(initialize.to_string())
        .chain(prompts.iter().map(prompt))
        .collect();
    stage.run(&ARGS, &(lines.join("\n") + "\n"))
}

fn init(done: &Done) -> Value {
    let lines = done.json();
    let init = lines.iter().find(|line| line["subtype"] == "init");
    init.expect("an init message").clone()
}

fn told(done: &Done, list: &str) -> Vec<Value> {
    let lines = done.json();
    let answer = lines.iter().find(|line| line["type"] == "control_response");
    let listed = answer.expect("an answer")["response"]["response"][list].as_array();
    listed.expect("a list").clone()
}

/// All transcripts of the stage.
fn transcript(stage: &Stage) -> String {
    let projects = fs::read_dir(stage.home.join(".claude/projects")).unwrap();
    let folders = projects.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    let files = folders.map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|e| e == "jsonl"));
    files
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}

#[test]
fn init_lists_them_by_their_paths() {
    for (profile, commands) in [
        ("1.0.108", &["mine", "shell", "sub:bare"][..]),
        ("2.0.77", &["folder", "model", "mine", "shell", "sub:bare"]),
        ("2.1.197", &["folder", "mine", "shell", "sub:bare"]),
        ("2.1.330", &["folder", "mine", "shell", "sub:bare"]),
    ] {
        let init = init(&say(&stage(profile), &["hi"]));
        let listed = init["slash_commands"].as_array().unwrap();
        assert_eq!(
            listed[..commands.len()],
            json!(commands).as_array().unwrap()[..],
            "{profile}"
        );
        if profile != "1.0.108" {
            let agents = init["agents"].as_array().unwrap();
            assert!(agents.contains(&"tester".into()), "{profile}: {agents:?}");
        }
    }
}

#[test]
fn initialize_tells_what_they_say_of_themselves() {
    for (profile, hint) in [
        ("1.0.108", json!("[file]")),
        ("2.0.77", json!(["file"])),
        ("2.1.197", json!("file")),
        ("2.1.330", json!("file")),
    ] {
        let commands = told(&say(&stage(profile), &["hi"]), "commands");
        let named = |name: &str| {
            let found = commands.iter().find(|command| command["name"] == name);
            found
                .unwrap_or_else(|| panic!("{profile}: no {name}"))
                .clone()
        };
        assert_eq!(
            named("mine"),
            json!({"name": "mine", "description": "my own (project)", "argumentHint": hint}),
            "{profile}"
        );
        assert_eq!(
            named("sub:bare")["description"],
            "A title (project)",
            "{profile}"
        );
        if profile == "2.1.330" {
            assert_eq!(named("named")["aliases"], json!(["folder"]));
        }
    }
}

#[test]
fn a_command_is_replayed_as_the_conversation_keeps_it_and_runs_on_its_own_model() {
    for (profile, message, model) in [
        ("1.0.108", "mine is running…", "haiku"),
        ("2.0.77", "mine", "claude-haiku-4-5-20251001"),
        ("2.1.197", "mine", "claude-haiku-4-5-20251001"),
        ("2.1.330", "mine", "claude-haiku-5-5"),
    ] {
        let done = say(&stage(profile), &["/mine a b", "next"]);
        let kept = format!(
            "<command-message>{message}</command-message>\n<command-name>/mine</command-name>\n<command-args>a b</command-args>"
        );
        let lines = done.json();
        let replayed = lines.iter().find(|line| line["type"] == "user").unwrap();
        assert_eq!(replayed["message"]["content"], kept, "{profile}");
        let models: Vec<&Value> = lines
            .iter()
            .filter(|line| line["subtype"] == "init")
            .map(|line| &line["model"])
            .collect();
        assert_eq!(models[0], model, "{profile}");
        assert_ne!(models[1], model, "{profile}");
    }
}

#[test]
fn what_a_command_of_its_text_prints_stands_in_its_place() {
    for profile in VERSIONS {
        let stage = stage(profile);
        assert_eq!(say(&stage, &["/shell"]).code, 0);
        let transcript = transcript(&stage);
        assert!(
            transcript.contains("It is shown"),
            "{profile}: {transcript}"
        );
    }
}

#[test]
fn a_skill_for_the_model_is_refused_to_users() {
    let done = say(&stage("2.1.330"), &["/model", "hi"]);
    let results: Vec<Value> = done
        .json()
        .into_iter()
        .filter(|line| line["type"] == "result")
        .collect();
    let said = "This skill can only be invoked by Claude, not directly by users. Ask Claude to use the \"model\" skill for you.";
    assert_eq!(results[0]["result"], said);
    assert_eq!(results[1]["result"], "one", "nothing was asked for it");
}

#[test]
fn blanks_are_kept_from_the_model() {
    let results = |profile: &str| -> Vec<Value> {
        let lines = say(&stage(profile), &["  \n", "hi"]).json();
        let results = lines.into_iter().filter(|line| line["type"] == "result");
        results.map(|line| line["result"].clone()).collect()
    };
    assert_eq!(results("2.1.197"), ["one", "two"]);
    let blank = "Blank prompt — the message was only whitespace, so nothing was sent to the model.";
    assert_eq!(results("2.1.330"), [blank, "one"]);
}
