//! What the tools do, and what is said of it. The values were seen on the real CLI in the version that a test names.

mod support;

use serde_json::{Value, json};
use std::fs;
use support::{Run, Stage};

/// What came of calls, one after another.
struct Came {
    lines: Vec<Value>,
}

impl Came {
    fn results(&self) -> impl Iterator<Item = &Value> {
        let is_result = |line: &&Value| line["message"]["content"][0]["type"] == "tool_result";
        self.lines.iter().filter(is_result)
    }

    /// What the model gets, call by call.
    fn said(&self) -> Vec<String> {
        let said = |line: &Value| match &line["message"]["content"][0]["content"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.results().map(said).collect()
    }

    /// What the client gets besides.
    fn data(&self) -> Vec<&Value> {
        self.results()
            .map(|line| &line["tool_use_result"])
            .collect()
    }

    fn init_tools(&self) -> Vec<&str> {
        let tools = self.lines[0]["tools"].as_array().unwrap();
        tools.iter().filter_map(Value::as_str).collect()
    }
}

/// A stage where the model makes these calls.
fn stage(version: &str, calls: &[(&str, Value)]) -> Stage {
    let call = |(name, input): &(&str, Value)| json!({"content": [{"type": "tool_use", "id": null, "name": name, "input": input}]});
    let mut turns: Vec<Value> = calls.iter().map(call).collect();
    turns.push(json!({"content": [{"type": "text", "text": "done"}]}));
    Stage::new(json!({"profile": version, "clock": 0.0, "api_script": turns}))
}

fn run_with(stage: &Stage, more: &[&str]) -> Came {
    let args = ["-p", "go", "--output-format", "stream-json", "--verbose"];
    let args: Vec<&str> = args.iter().chain(more).copied().collect();
    let lines = stage.run(&args, "").json();
    Came { lines }
}

/// Makes calls that are all allowed, among these files.
fn run(version: &str, files: &[(&str, &[u8])], calls: &[(&str, Value)]) -> Came {
    let stage = stage(version, calls);
    for (name, content) in files {
        fs::write(stage.cwd.join(name), content).unwrap();
    }
    let names: Vec<&str> = calls.iter().map(|(name, _)| *name).collect();
    run_with(&stage, &["--allowedTools", &names.join(",")])
}

fn read(path: &str) -> (&'static str, Value) {
    ("Read", json!({"file_path": path}))
}

#[test]
fn an_image_is_read_as_a_picture() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x02";
    for version in ["2.0.77", "2.1.197", "2.1.330"] {
        let came = run(version, &[("i.png", png)], &[read("i.png")]);
        let block = &came.lines[2]["message"]["content"][0]["content"][0];
        assert_eq!(block["source"]["media_type"], "image/png", "{version}");
        let sizes = &came.data()[0]["file"]["dimensions"];
        assert_eq!(sizes["originalHeight"], 2, "{version}");
    }
}

#[test]
fn a_binary_is_refused_by_its_name() {
    let came = run("1.0.108", &[("b.dat", b"x")], &[read("b.dat")]);
    assert_eq!(
        came.said(),
        [
            "<tool_use_error>This tool cannot read binary files. The file appears to be a binary .dat file. Please use appropriate tools for binary file analysis.</tool_use_error>"
        ]
    );
}

#[test]
fn older_versions_count_lines_as_they_are_asked_to() {
    let calls = [
        ("Read", json!({"file_path": "a", "offset": -1})),
        ("Read", json!({"file_path": "a", "offset": 0})),
    ];
    let old = run("2.0.77", &[("a", b"1\r\n2\r\n3\r\n")], &calls);
    assert!(old.said()[0].starts_with("    -1→3\n     0→\n"));
    assert!(old.said()[1].starts_with("     0→1\n     1→2\n"));
    let new = run("2.1.330", &[("a", b"1\r\n2\r\n3\r\n")], &calls);
    assert_eq!(
        new.said(),
        ["1\t1\n2\t2\n3\t3\n4\t", "0\t1\n1\t2\n2\t3\n3\t"]
    );
}

#[test]
fn a_large_file_is_read_only_in_parts() {
    let large = vec![b'q'; 300_000];
    let calls = [read("l"), ("Read", json!({"file_path": "l", "limit": 1}))];
    let came = run("2.1.197", &[("l", &large)], &calls);
    assert!(
        came.said()[0].starts_with("File content (293KB) exceeds maximum allowed size (256KB).")
    );
    assert_eq!(came.said()[1].len(), 300_002);
}

#[test]
fn one_version_does_not_show_again_what_has_not_changed() {
    let calls = [read("a"), read("a")];
    let once = run("2.1.197", &[("a", b"1")], &calls);
    assert_eq!(once.data()[1]["type"], "file_unchanged");
    let again = run("2.1.330", &[("a", b"1")], &calls);
    assert_eq!(again.data()[1]["type"], "text");
}

#[test]
fn a_notebook_is_read_cell_by_cell_and_changed_by_its_cells_ids() {
    let notebook = br##"{"cells": [{"cell_type": "code", "id": "c1", "source": ["print(1)\n"], "metadata": {}, "outputs": [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}], "execution_count": 1}, {"cell_type": "markdown", "id": "m1", "source": ["# hi"], "metadata": {}}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"##;
    let edit = json!({"notebook_path": "n.ipynb", "cell_id": "c1", "new_source": "print(2)"});
    let calls = [read("n.ipynb"), ("NotebookEdit", edit), read("n.ipynb")];
    for version in ["2.0.77", "2.1.330"] {
        let came = run(version, &[("n.ipynb", notebook)], &calls);
        let text = |at: usize| {
            let line = came.results().nth(at).unwrap();
            line["message"]["content"][0]["content"][0]["text"].clone()
        };
        assert_eq!(
            text(0),
            "<cell id=\"c1\">print(1)\n</cell id=\"c1\">\n\n1\n\n<cell id=\"m1\"><cell_type>markdown</cell_type># hi</cell id=\"m1\">"
        );
        assert_eq!(came.said()[1], "Updated cell c1 with print(2)", "{version}");
        assert!(
            text(2)
                .as_str()
                .unwrap()
                .starts_with("<cell id=\"c1\">print(2)</cell id=\"c1\">"),
            "what came of the cell is gone: {}",
            text(2)
        );
    }
}

#[test]
fn an_edit_of_nothing_makes_a_file() {
    let edit = json!({"file_path": "new/a", "old_string": "", "new_string": "made"});
    let came = run("1.0.108", &[], &[("Edit", edit.clone())]);
    assert_eq!(
        came.said(),
        [
            "The file new/a has been updated. Here's the result of running `cat -n` on a snippet of the edited file:\n     1→made"
        ]
    );
    let came = run("2.1.330", &[("f", b"x")], &[("Edit", edit)]);
    assert_eq!(came.data()[0]["structuredPatch"][0]["oldLines"], 0);
}

#[test]
fn a_file_that_has_changed_since_it_was_read_is_read_again_first() {
    let calls = [
        read("a"),
        (
            "Bash",
            json!({"command": "sleep 0.05; echo 2 > a", "description": "d"}),
        ),
        ("Write", json!({"file_path": "a", "content": "3"})),
    ];
    for (version, refuses) in [("1.0.108", false), ("2.0.77", true), ("2.1.330", true)] {
        let said = &run(version, &[("a", b"1\n")], &calls).said()[2];
        assert_eq!(
            said.contains("has been modified since read"),
            refuses,
            "{version}: {said}"
        );
    }
}

#[test]
fn an_edit_keeps_the_line_ends() {
    let stage = stage(
        "2.1.330",
        &[(
            "Edit",
            json!({"file_path": "a", "old_string": "a\nb", "new_string": "c\nd"}),
        )],
    );
    fs::write(stage.cwd.join("a"), "a\r\nb\r\n").unwrap();
    run_with(&stage, &["--allowedTools", "Edit"]);
    assert_eq!(
        fs::read_to_string(stage.cwd.join("a")).unwrap(),
        "c\r\nd\r\n"
    );
}

#[test]
fn several_edits_are_told_one_by_one() {
    let edits =
        json!([{"old_string": "one", "new_string": "1"}, {"old_string": "two", "new_string": "2"}]);
    let calls = [
        read("f"),
        ("MultiEdit", json!({"file_path": "f", "edits": edits})),
    ];
    let came = run("1.0.108", &[("f", b"one\ntwo\n")], &calls);
    assert_eq!(
        came.said()[1],
        "Applied 2 edits to f:\n1. Replaced \"one\" with \"1\"\n2. Replaced \"two\" with \"2\""
    );
}

#[test]
fn files_are_found_as_each_version_names_them() {
    let calls = [
        ("Glob", json!({"pattern": "*.py"})),
        ("Glob", json!({"pattern": "*", "path": "none"})),
    ];
    let files: [(&str, &[u8]); 2] = [("a.py", b"1"), (".b.py", b"2")];
    let old = run("1.0.108", &files, &calls).said();
    assert!(
        old[0].ends_with("/cwd/a.py") && !old[0].contains(".b.py"),
        "{}",
        old[0]
    );
    assert_eq!(old[1], "No files found");
    let new = run("2.1.330", &files, &calls);
    assert_eq!(new.data()[0]["totalMatches"], 2);
    assert!(new.said()[1].starts_with("Directory does not exist: none."));
}

#[test]
fn files_are_searched_in_three_manners() {
    let calls = [
        ("Grep", json!({"pattern": "he.lo"})),
        (
            "Grep",
            json!({"pattern": "hello", "output_mode": "content", "-A": 1}),
        ),
        (
            "Grep",
            json!({"pattern": "HELLO", "output_mode": "count", "-i": true}),
        ),
        ("Grep", json!({"pattern": "none", "output_mode": "content"})),
    ];
    let came = run("2.1.330", &[("a", b"x\nhello\ny\n")], &calls);
    assert_eq!(
        came.said(),
        [
            "Found 1 file\na",
            "a:2:hello\na-3-y",
            "a:1\n\nFound 1 total occurrence across 1 file.",
            "No matches found",
        ]
    );
    assert_eq!(came.data()[0]["totalFiles"], 1);
}

#[test]
fn a_tool_that_is_not_there_says_why() {
    let calls = [
        ("TodoWrite", json!({})),
        ("Glob", json!({"pattern": "*"})),
        ("ListMcpResourcesTool", json!({})),
        ("NoTool", json!({})),
    ];
    let said = |version: &str| run_with(&stage(version, &calls), &[]).said();
    let error = |text: &str| {
        format!("<tool_use_error>Error: No such tool available: {text}</tool_use_error>")
    };
    let new = said("2.1.330");
    assert_eq!(
        new[0],
        error("TodoWrite. TodoWrite is disabled for this session, in subagents as well as here.")
    );
    assert_eq!(
        new[1],
        error(
            "Glob. Glob is not available in this session — find files with `find` via the Bash tool instead."
        )
    );
    assert!(
        new[2].contains("is not among the tools available here."),
        "{}",
        new[2]
    );
    assert_eq!(new[3], error("NoTool"));
    assert!(said("2.1.197")[0].contains("TodoWrite exists but is not enabled in this context."));
    assert_eq!(said("2.0.77")[2], error("ListMcpResourcesTool"));
}

#[test]
fn tools_are_there_that_the_command_line_names() {
    let stage = stage("2.1.330", &[]);
    let has = |more: &[&str], tool: &str| run_with(&stage, more).init_tools().contains(&tool);
    assert!(!has(&[], "Grep") && !has(&[], "TaskList"));
    assert!(has(&["--allowedTools", "Glob"], "Grep"));
    assert!(has(&["--allowedTools", "TodoWrite"], "TaskList"));
    let only = run_with(&stage, &["--tools", "default,Glob,KillShell"]);
    assert_eq!(only.init_tools(), ["Glob", "TaskStop"]);
}

#[test]
fn a_late_command_ends_or_goes_on() {
    let nap = |command: &str| {
        (
            "Bash",
            json!({"command": command, "description": "d", "timeout": 100}),
        )
    };
    let old = run("1.0.108", &[], &[nap("echo a; sleep 3")]);
    assert_eq!(old.said(), ["Command timed out after 0.1s\na"]);
    let new = run("2.1.330", &[], &[nap("sleep 1.5")]);
    assert_eq!(new.said(), ["Exit code 143\nCommand timed out after 0s"]);
    let stage = stage("2.1.330", &[nap("true; sleep 1.5")]);
    let moved = run_with(&stage, &["--allowedTools", "Bash"]);
    assert_eq!(moved.data()[0]["timedOutAfterMs"], 100);
}

#[test]
fn a_failed_command_is_not_told_as_a_whole() {
    let calls = [(
        "Bash",
        json!({"command": "seq 1 6000; exit 2", "description": "d"}),
    )];
    let said = &run("2.1.330", &[], &calls).said()[0];
    assert!(
        said.contains("\n\n... [18904 characters truncated] ...\n\n"),
        "{}",
        &said[4990..5060]
    );
    assert!(said.ends_with("\n5999\n6000"));
}

#[test]
fn what_is_wrong_deep_in_an_input_is_named_by_its_place() {
    let calls = [
        (
            "TodoWrite",
            json!({"todos": [{"content": "a", "status": "pending"}]}),
        ),
        (
            "TodoWrite",
            json!({"todos": [{"content": "a", "status": "bad", "activeForm": "A"}]}),
        ),
    ];
    let came = run("2.0.77", &[], &calls);
    assert_eq!(
        came.said()[0],
        "<tool_use_error>InputValidationError: TodoWrite failed due to the following issue:\nThe required parameter `todos[0].activeForm` is missing</tool_use_error>"
    );
    assert!(
        came.said()[1].contains("\"path\": [\n      \"todos\",\n      0,\n      \"status\"\n    ]")
    );
}

#[test]
fn a_search_on_the_web_is_what_the_model_says_next() {
    let stage = stage("2.1.330", &[("WebSearch", json!({"query": "rust"}))]);
    let call = json!({"content": [{"type": "tool_use", "id": null, "name": "WebSearch", "input": {"query": "rust"}}]});
    let found = json!({"content": [
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"type": "web_search_result", "title": "Rust", "url": "https://rust-lang.org"}]},
        {"type": "text", "text": "Rust is a language."},
    ]});
    let end = json!({"content": [{"type": "text", "text": "done"}]});
    stage.script(json!({"profile": "2.1.330", "clock": 0.0, "api_script": [call, found, end]}));
    let came = run_with(&stage, &["--allowedTools", "WebSearch"]);
    assert!(came.said()[0].starts_with(
        "Web search results for query: \"rust\"\n\nLinks: [{\"title\":\"Rust\",\"url\":\"https://rust-lang.org\"}]\n\nRust is a language.\n\n"
    ));
    assert_eq!(came.data()[0]["searchCount"], 1);
    assert_eq!(came.lines.last().unwrap()["result"], "done");
}

#[test]
fn a_skill_speaks_behind_its_result() {
    let stage = stage("2.1.330", &[("Skill", json!({"skill": "mine"}))]);
    let folder = stage.cwd.join(".claude/skills/mine");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("SKILL.md"),
        "---\nname: mine\ndescription: d\n---\nDo it\n",
    )
    .unwrap();
    let came = run_with(&stage, &[]);
    assert_eq!(came.said(), ["Launching skill: mine"]);
    let behind = came
        .lines
        .iter()
        .find(|line| line["isSynthetic"] == true)
        .unwrap();
    let text = behind["message"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(
        text,
        format!(
            "Base directory for this skill: {}\n\nDo it\n",
            folder.display()
        )
    );
}

#[test]
fn a_tool_is_looked_up_by_its_name_or_by_words() {
    let calls = [
        ("ToolSearch", json!({"query": "select:WebFetch,Nope"})),
        ("ToolSearch", json!({"query": "notebook"})),
        ("ToolSearch", json!({"query": "zzz"})),
    ];
    let came = run("2.1.330", &[], &calls);
    assert_eq!(came.data()[0]["matches"], json!(["WebFetch"]));
    assert_eq!(came.data()[1]["matches"], json!(["NotebookEdit"]));
    assert_eq!(came.data()[1]["total_deferred_tools"], 11);
    assert_eq!(came.said()[2], "No matching deferred tools found");
}

/// How a plan is asked about, and what comes of it where the user makes another one of it.
fn plan(version: &str) -> (Value, Value, Option<String>) {
    let stage = stage(version, &[("ExitPlanMode", json!({"plan": "1. first"}))]);
    let mut args = vec!["-p", "--output-format", "stream-json", "--verbose"];
    args.extend(["--input-format", "stream-json", "--permission-mode", "plan"]);
    args.extend(["--permission-prompt-tool", "stdio"]);
    let mut run = Run::start(stage.command(&args).stdin(std::process::Stdio::piped()));
    run.prompt("go");
    let asked = run.wait("a question", |line| line["type"] == "control_request");
    let answer = json!({"behavior": "allow", "updatedInput": {"plan": "2. other"}});
    run.send_json(&json!({"type": "control_response", "response":
        {"subtype": "success", "request_id": asked["request_id"], "response": answer}}));
    let is_result = |line: &Value| line["message"]["content"][0]["type"] == "tool_result";
    let data = run.wait("a result", is_result)["tool_use_result"].clone();
    let file = data["filePath"].as_str().map(fs::read_to_string);
    run.close_stdin();
    run.done();
    (
        asked["request"]["input"].clone(),
        data,
        file.and_then(Result::ok),
    )
}

#[test]
fn a_plan_that_the_user_has_changed_is_kept() {
    let (asked, data, file) = plan("2.1.330");
    assert_eq!(asked, json!({}), "the model's own plan is left out");
    assert_eq!(
        (&data["plan"], &data["planWasEdited"]),
        (&json!("2. other"), &json!(true))
    );
    assert_eq!(file.as_deref(), Some("2. other"));
    let (asked, data, file) = plan("2.0.77");
    assert_eq!(asked, json!({"plan": "1. first"}));
    assert_eq!((&data["plan"], file), (&Value::Null, None));
}
