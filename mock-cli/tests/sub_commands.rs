//! Sub-commands that apps call beside sessions: who is logged in, and which MCP servers there are.

mod support;

use serde_json::{Value, json};
use std::fs;
use support::{Done, Stage};

fn stage(profile: &str) -> Stage {
    Stage::saying(profile, &["never asked"])
}

fn lines(done: &Done) -> String {
    done.stdout.join("\n")
}

fn config(stage: &Stage) -> Value {
    let text = fs::read_to_string(stage.home.join(".claude.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Seen on 2.1.197 and 2.1.330.
#[test]
fn the_login_is_told() {
    for profile in ["2.1.197", "2.1.330"] {
        let mut stage = stage(profile);
        let done = stage.run(&["auth", "status"], "");
        let said: Value = serde_json::from_str(&lines(&done)).unwrap();
        assert_eq!(
            (done.code, &said["authMethod"]),
            (0, &json!("api_key")),
            "{profile}"
        );
        assert_eq!(said["apiKeySource"], "ANTHROPIC_API_KEY");
        assert_eq!(said.get("configDirectory").is_some(), profile == "2.1.330");

        stage.env.push(("ANTHROPIC_API_KEY".into(), String::new()));
        let done = stage.run(&["auth", "status", "--text"], "");
        let none = "Not logged in. Run claude auth login to authenticate.";
        assert_eq!((done.code, lines(&done).as_str()), (1, none), "{profile}");
    }
}

/// Seen on 1.0.108, 2.0.77, 2.1.197 and 2.1.330.
#[test]
fn a_server_is_added_once_and_removed() {
    for profile in ["1.0.108", "2.0.77", "2.1.197", "2.1.330"] {
        let stage = stage(profile);
        let add = ["mcp", "add", "x", "-e", "A=1", "--", "echo", "-n"];
        let (home, cwd) = (stage.home.display(), stage.cwd.display());
        let modified = format!("File modified: {home}/.claude.json [project: {cwd}]");
        let added =
            format!("Added stdio MCP server x with command: echo -n to local config\n{modified}");
        assert_eq!(lines(&stage.run(&add, "")), added, "{profile}");
        let server = json!({"type": "stdio", "command": "echo", "args": ["-n"], "env": {"A": "1"}});
        let here = stage.cwd.to_str().unwrap();
        assert_eq!(
            config(&stage)["projects"][here]["mcpServers"],
            json!({"x": server})
        );

        let again = stage.run(&add, "");
        let exists = "MCP server x already exists in local config\n";
        assert_eq!(
            (again.code, again.stderr.as_str()),
            (1, exists),
            "{profile}"
        );

        let removed = format!("Removed MCP server \"x\" from local config\n{modified}");
        assert_eq!(
            lines(&stage.run(&["mcp", "remove", "x"], "")),
            removed,
            "{profile}"
        );
        assert_eq!(config(&stage)["projects"][here]["mcpServers"], json!({}));
        assert_eq!(stage.run(&["mcp", "remove", "x"], "").code, 1);
        assert_eq!(stage.unused(), [0]);
    }
}

/// Seen on 2.0.77 and 2.1.330.
#[test]
fn a_server_of_the_project_goes_to_a_file_of_its_own() {
    for profile in ["2.0.77", "2.1.330"] {
        let stage = stage(profile);
        let server = r#"{"type": "http", "url": "http://127.0.0.1:1/"}"#;
        let add = ["mcp", "add-json", "k", server, "-s", "project"];
        assert_eq!(
            lines(&stage.run(&add, "")),
            "Added http MCP server k to project config"
        );
        let file = fs::read_to_string(stage.cwd.join(".mcp.json")).unwrap();
        assert!(
            file.starts_with("{\n  \"mcpServers\": {\n    \"k\": {\n"),
            "{file}"
        );
    }
}

/// Seen on 2.0.77 and 2.1.330.
#[test]
fn a_name_in_several_scopes_is_not_removed_from_one_of_them() {
    for (profile, name) in [("2.0.77", "\"x\""), ("2.1.330", "x")] {
        let stage = stage(profile);
        stage.run(&["mcp", "add", "x", "echo"], "");
        stage.run(&["mcp", "add", "-s", "user", "x", "echo"], "");
        let done = stage.run(&["mcp", "remove", "x"], "");
        let ends =
            format!("  claude mcp remove {name} -s local\n  claude mcp remove {name} -s user\n");
        assert!(
            done.code == 1 && done.stderr.ends_with(&ends),
            "{}",
            done.stderr
        );
    }
}

/// Seen on 2.1.330.
#[test]
fn servers_are_tried_before_they_are_listed() {
    let stage = stage("2.1.330");
    stage.run(&["mcp", "add", "-s", "user", "gone", "--", "/nope/x"], "");
    stage.run(&["mcp", "add", "-s", "project", "p", "--", "echo"], "");
    let said = lines(&stage.run(&["mcp", "list"], ""));
    assert_eq!(
        said,
        "Checking MCP server health…\n\ngone: /nope/x  - ✘ Failed to connect — ENOENT: no such file or directory, posix_spawn '/nope/x'\np: echo  - ⏸ Pending approval (run `claude` to approve)"
    );
}

/// Seen on 1.0.108, 2.0.77, 2.1.197 and 2.1.330.
#[test]
fn what_is_wrong_with_a_server_is_said_and_nothing_is_written() {
    for profile in ["1.0.108", "2.0.77", "2.1.197", "2.1.330"] {
        let stage = stage(profile);
        let refused = |args: &[&str], said: &str| {
            let done = stage.run(args, "");
            assert_eq!((done.code, done.stderr.trim_end()), (1, said), "{profile}");
        };
        refused(
            &["mcp", "add", "x"],
            "error: missing required argument 'commandOrUrl'",
        );
        refused(
            &["mcp", "add", "x", "npx", "-y"],
            "error: unknown option '-y'",
        );
        refused(&["mcp", "nope"], "error: unknown command 'nope'");
        refused(
            &["mcp", "add", "a b", "echo"],
            "Invalid name a b. Names can only contain letters, numbers, hyphens, and underscores.",
        );
        assert!(
            config(&stage)["projects"].is_null() || !config(&stage).to_string().contains("echo")
        );
    }
}
