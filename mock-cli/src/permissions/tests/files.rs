//! File tools, paths and links.

use super::*;
use Behavior::{Allow, Ask, Deny};

fn read(path: &str) -> (&'static str, Value) {
    ("Read", json!({"file_path": path}))
}

fn write(path: &str) -> (&'static str, Value) {
    ("Write", json!({"file_path": path, "content": "x"}))
}

/// From 2.1.330 and 2.0.77.
#[test]
fn a_path_is_what_it_comes_to_not_how_it_is_written() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[(Allow, "Edit(./x/**)")]);
    for (version, capabilities) in &VERSIONS[1..] {
        let first =
            |mode: &str, call| shown(&stage.decide(&permissions, capabilities, mode, call)).0;
        assert_eq!(
            first("default", read("<WORK>/../outside/secret.txt")),
            "asks",
            "{version}"
        );
        assert_eq!(first("default", read("sub/../a.txt")), "runs", "{version}");
        assert_eq!(
            first("acceptEdits", write("<WORK>/../outside/new.txt")),
            "asks",
            "{version}"
        );
        assert_eq!(
            first("default", write("<WORK>/x/../../outside/new.txt")),
            "asks",
            "{version}"
        );
        assert_eq!(
            first("default", write("<WORK>/x/new.txt")),
            "runs",
            "{version}"
        );
    }
}

/// From 2.1.330.
#[test]
fn links_are_followed() {
    let stage = Stage::new();
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(stage.path(to), stage.path(name)).unwrap()
    };
    link("outside/secret.txt", "work/link");
    link("outside", "work/folder");
    link("outside/nothing", "work/dangling");
    link("work/a.txt", "work/within");
    let permissions = stage.permissions(&[]);
    let seen = |mode: &str, call| shown(&stage.decide(&permissions, &NEWEST, mode, call));
    assert_eq!(seen("default", read("<WORK>/within")).0, "runs");
    let text = "Claude requested permissions to read from <WORK>/link, but you haven't granted it yet. <WORK>/link resolves through a symlink to <OUT>/secret.txt, which is outside the allowed working directories.";
    assert_eq!(
        seen("default", read("<WORK>/link")),
        ("asks", stage.fill(text))
    );
    assert_eq!(seen("acceptEdits", write("<WORK>/folder/new")).0, "asks");
    assert_eq!(seen("acceptEdits", write("<WORK>/dangling")).0, "denied");
    assert_eq!(seen("acceptEdits", bash("touch link")).0, "asks");
}

/// From 2.1.330.
#[test]
fn rules_on_files_hold_for_all_tools_of_their_kind() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[
        (Allow, "Read(//etc/**)"),
        (Allow, "Edit(/<OUT>/n.txt)"),
        (Deny, "Edit(./sub/**)"),
        (Deny, "Read(./secret/**)"),
        (Ask, "Read(./a.txt)"),
    ]);
    let first = |call| shown(&stage.decide(&permissions, &NEWEST, "acceptEdits", call)).0;
    assert_eq!(first(read("/etc/hosts")), "runs");
    assert_eq!(first(write("<OUT>/n.txt")), "runs");
    assert_eq!(first(read("<OUT>/n.txt")), "runs");
    assert_eq!(first(read("<WORK>/a.txt")), "asks");
    assert_eq!(
        first((
            "MultiEdit",
            json!({"file_path": "<WORK>/sub/c.txt", "edits": []})
        )),
        "denied"
    );
    assert_eq!(
        first((
            "NotebookEdit",
            json!({"notebook_path": "<WORK>/sub/n.ipynb"})
        )),
        "denied"
    );
    for command in [
        "cat secret/s.txt",
        "ls && cat x/../secret/s",
        "touch sub/q",
        "echo x > sub/q",
        "cp secret/s q",
        "timeout 5 cat secret/s",
    ] {
        assert_eq!(first(bash(command)), "denied", "{command}");
    }
    assert_eq!(first(bash("cat /etc/hosts")), "runs");
}

/// From 2.1.330.
#[test]
fn a_denied_file_is_refused_before_anybody_is_asked() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[(Deny, "Read(./secret/**)"), (Deny, "Edit(./sub/**)")]);
    let refuses = |(tool, input): (&str, Value)| {
        let input = serde_json::from_str(&stage.fill(&input.to_string())).unwrap();
        let folder = stage.path("work");
        let call = ToolUse {
            tool,
            input: &input,
            mode: "default",
            folder: &folder,
        };
        permissions
            .refuses(&NEWEST, &call)
            .map_or("not", |(text, _)| text)
            .to_owned()
    };
    assert_eq!(refuses(read("x/../secret/s.txt")), wording::DENIED_FOLDER);
    assert_eq!(refuses(write("sub/q")), wording::DENIED_FOLDER);
    assert!(refuses(write("secret/new")).starts_with("File is covered by a Read deny rule"));
    assert_eq!(refuses(read("sub/c.txt")), "not");
}

/// From 2.1.330 (`--add-dir`).
#[test]
fn a_folder_that_was_added_counts_like_the_working_folder() {
    let stage = Stage::new();
    let mut permissions = stage.permissions(&[]);
    permissions.add_directory(Source::CliArg, &stage.fill("<OUT>"));
    let first = |call| shown(&stage.decide(&permissions, &NEWEST, "acceptEdits", call)).0;
    assert_eq!(first(read("<OUT>/secret.txt")), "runs");
    assert_eq!(first(write("<OUT>/n.txt")), "runs");
    assert_eq!(first(bash("touch ../outside/x")), "runs");
    assert_eq!(first(read("<HOME>/x")), "asks");
}

/// From 2.1.330.
#[test]
fn addresses_are_known_by_their_host() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[(Allow, "WebFetch(domain:example.com)")]);
    let fetch = |url: &str| {
        let call = ("WebFetch", json!({"url": url, "prompt": "x"}));
        shown(&stage.decide(&permissions, &NEWEST, "default", call)).0
    };
    assert_eq!(fetch("https://example.com/x"), "runs");
    assert_eq!(fetch("https://sub.example.com/x"), "asks");
    assert_eq!(fetch("https://example.com@other.org/x"), "asks");
}
