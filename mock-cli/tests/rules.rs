//! What rules mean, by their form, where they are written and the version. All values: seen on the real CLI.

mod support;

use serde_json::{Value, json};
use support::Stage;

const VERSIONS: [&str; 4] = ["1.0.108", "2.0.77", "2.1.197", "2.1.330"];

/// The lines of a turn in which the model makes one call.
fn lines(
    profile: &str,
    files: &[(&str, Value)],
    (tool, input): (&str, Value),
    more: &[&str],
) -> Vec<Value> {
    let call = json!({"type": "tool_use", "name": tool, "input": input});
    let turns = json!([{"content": [call]}, {"content": [{"type": "text", "text": "Done."}]}]);
    let stage = Stage::new(json!({"profile": profile, "clock": 0.0, "api_script": turns}));
    for (name, content) in files {
        let path = match name.strip_prefix("~/") {
            Some(name) => stage.home.join(name),
            None => stage.cwd.join(name),
        };
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let text = content
            .as_str()
            .map_or_else(|| content.to_string(), str::to_owned);
        std::fs::write(path, text).expect("a file");
    }
    let args = ["-p", "go", "--output-format", "stream-json", "--verbose"];
    stage.run(&[&args, more].concat(), "").json()
}

/// What the call came to.
fn outcome(lines: &[Value]) -> &str {
    lines
        .iter()
        .find_map(|line| line["message"]["content"][0]["content"].as_str())
        .expect("the result of a tool")
}

fn rules(behavior: &str, rule: &str) -> Value {
    json!({"permissions": {behavior: [rule]}})
}

fn write(path: &str) -> (&'static str, Value) {
    ("Write", json!({"file_path": path, "content": "x"}))
}

fn bash(command: &str) -> (&'static str, Value) {
    ("Bash", json!({"command": command}))
}

const USER: &str = "~/.claude/settings.json";
const PROJECT: &str = ".claude/settings.json";

#[test]
fn a_star_is_a_pattern_of_paths_in_older_versions_and_all_of_the_tool_in_newer_ones() {
    for (profile, allowed) in VERSIONS
        .into_iter()
        .zip(["Edit(*)", "Edit(*)", "Write(*)", "Write(*)"])
    {
        for rule in ["Edit(*)", "Write(*)"] {
            // (`Edit` as a whole says nothing of `Write`.)
            let lines = lines(profile, &[(USER, rules("allow", rule))], write("q"), &[]);
            let created = outcome(&lines).starts_with("File created");
            assert_eq!(created, rule == allowed, "{profile} {rule}");
        }
    }
}

#[test]
fn all_commands_are_not_named_by_a_prefix_without_letters() {
    for profile in VERSIONS {
        let lines = lines(
            profile,
            &[(USER, rules("allow", "Bash(:*)"))],
            bash("touch q"),
            &[],
        );
        assert_eq!(
            lines.last().expect("a result")["permission_denials"][0]["tool_name"],
            "Bash",
            "{profile}"
        );
    }
}

#[test]
fn a_star_for_a_tool_asks_and_denies_in_newer_versions_and_allows_in_none() {
    for (profile, newer) in VERSIONS.into_iter().zip([false, false, true, true]) {
        let denied = lines(profile, &[(USER, rules("deny", "*"))], bash("echo hi"), &[]);
        assert_eq!(denied[0]["tools"] == json!([]), newer, "{profile}");
        let asked = lines(profile, &[(USER, rules("ask", "*"))], bash("echo hi"), &[]);
        assert_eq!(outcome(&asked) != "hi", newer, "{profile}");
        let allowed = lines(
            profile,
            &[(USER, rules("allow", "*"))],
            bash("touch q"),
            &[],
        );
        assert_ne!(
            allowed.last().expect("a result")["permission_denials"],
            json!([]),
            "{profile}"
        );
    }
}

#[test]
fn a_rule_for_all_of_edit_says_nothing_of_write() {
    for profile in VERSIONS {
        let lines = lines(profile, &[(USER, rules("deny", "Edit"))], write("q"), &[]);
        assert!(
            outcome(&lines).starts_with("Claude requested permissions to write to"),
            "{profile}"
        );
    }
}

#[test]
fn what_a_tool_asks_itself_comes_before_a_rule_in_the_newest_version() {
    for (profile, begins) in [("2.1.197", "to use Write,"), ("2.1.330", "to write to")] {
        let lines = lines(profile, &[(USER, rules("ask", "Write"))], write("q"), &[]);
        assert!(
            outcome(&lines).starts_with(&format!("Claude requested permissions {begins}")),
            "{profile}"
        );
    }
}

#[test]
fn a_slash_begins_at_the_folder_of_the_settings_that_the_command_line_gives() {
    for profile in VERSIONS {
        let file = [("sub/set.json", rules("allow", "Edit(/q)"))];
        for (path, allowed) in [("sub/q", true), ("q", false)] {
            let lines = lines(profile, &file, write(path), &["--settings", "sub/set.json"]);
            assert_eq!(
                outcome(&lines).starts_with("File created"),
                allowed,
                "{profile} {path}"
            );
        }
        let text = rules("allow", "Edit(/q)").to_string();
        let lines = lines(profile, &[], write("q"), &["--settings", &text]);
        assert!(!outcome(&lines).starts_with("File created"), "{profile}");
    }
}

#[test]
fn a_slash_and_two_stars_are_no_pattern_in_older_versions() {
    for (profile, denied) in VERSIONS.into_iter().zip([false, false, true, true]) {
        let files = [
            ("a.txt", json!("one")),
            (PROJECT, rules("deny", "Read(/**)")),
        ];
        let lines = lines(
            profile,
            &files,
            ("Read", json!({"file_path": "a.txt"})),
            &[],
        );
        assert_eq!(!outcome(&lines).contains("one"), denied, "{profile}");
    }
}

#[test]
fn the_first_version_decides_about_a_file_where_others_refuse_it() {
    let files = [
        ("a.txt", json!("one")),
        (PROJECT, rules("deny", "Read(a.txt)")),
    ];
    let lines = lines(
        "1.0.108",
        &files,
        ("Read", json!({"file_path": "a.txt"})),
        &[],
    );
    assert!(
        outcome(&lines).starts_with("Permission to read")
            && outcome(&lines).ends_with("has been denied.")
    );
    assert_eq!(
        lines.last().expect("a result")["permission_denials"][0]["tool_name"],
        "Read"
    );
}

/// 2.1.330
#[test]
fn who_refuses_a_file_depends_on_where_the_rule_is_written() {
    for (settings, by) in [(USER, "user_reject"), (PROJECT, "config")] {
        let files = [
            ("a.txt", json!("one")),
            (settings, rules("deny", "Read(a.txt)")),
        ];
        let lines = lines(
            "2.1.330",
            &files,
            ("Read", json!({"file_path": "a.txt"})),
            &[],
        );
        let told = lines
            .iter()
            .find_map(|line| line["tool_result_meta"][0]["permission_decision"].as_object());
        assert_eq!(told.expect("a decision")["source"], by, "{settings}");
    }
}

/// 2.1.197
#[test]
fn what_says_nothing_is_not_counted_among_the_rules_of_a_project_that_nobody_trusts() {
    for (rule, counted) in [
        ("Bash(a)", true),
        ("*", false),
        ("mcp__*", false),
        ("Bash(:*)", false),
    ] {
        let turns = json!([{"content": [{"type": "text", "text": "Done."}]}]);
        let stage = Stage::new(json!({"profile": "2.1.197", "api_script": turns}));
        std::fs::create_dir_all(stage.cwd.join(".claude")).expect("a folder");
        std::fs::write(stage.cwd.join(PROJECT), rules("allow", rule).to_string())
            .expect("settings");
        let stderr = stage.run(&["-p", "go"], "").stderr;
        assert_eq!(
            stderr.contains("Ignoring 1 permissions.allow entry"),
            counted,
            "{rule}: {stderr}"
        );
    }
}
