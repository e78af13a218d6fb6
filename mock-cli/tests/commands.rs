//! What the stand-alone executable does besides standing in.

mod support;

use std::process::Command;
use support::Stage;

fn own(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_mock-claude"))
        .args(args)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn its_own_commands_are_taken_under_its_own_name_only() {
    let (code, stdout, _) = own(&["--mock-version"]);
    assert_eq!(code, 0);
    assert!(
        stdout.ends_with("(1.0.108, 2.0.77, 2.1.197, 2.1.330)\n"),
        "{stdout}"
    );
    assert!(own(&["--mock-help"]).1.contains("--mock-install DIR"));
    let (code, _, stderr) = own(&["--mock-bogus"]);
    assert_eq!((code, stderr.contains("--mock-help")), (2, true));

    let stage = Stage::saying("2.1.330", &[]);
    let done = stage.run(&["--mock-version"], "");
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (1, "error: unknown option '--mock-version'\n")
    );
}

#[test]
fn an_installed_stand_in_knows_its_version_without_a_script() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("pkg");
    assert_eq!(own(&["--mock-install", target.to_str().unwrap()]).0, 0);
    // A second time over the first is an update.
    assert_eq!(own(&["--mock-install", target.to_str().unwrap()]).0, 0);
    assert!(mock_claude::cli_js::is_our_cli_js(&target.join("cli.js")));
    for name in ["claude", "vendor/claude"] {
        let output = Command::new(target.join(name))
            .arg("-v")
            .env_remove("MOCK_CLAUDE_SCRIPT")
            .output()
            .unwrap();
        assert_eq!(output.stdout, b"2.1.330 (Claude Code)\n", "{name}");
    }
}

#[test]
fn a_script_that_cannot_be_used_ends_with_70_and_its_name() {
    let stage = Stage::saying("newest", &[]);
    let done = stage.run(&["--version"], "");
    assert_eq!(done.code, 70);
    assert_eq!(
        done.stderr,
        "mock-claude: there is no profile newest: write a version, such as 1.0.108, 2.0.77, 2.1.197, 2.1.330, or the path of a file, such as ./mine.json\n"
    );
    std::fs::write(stage.root().join("script.json"), "{").unwrap();
    let done = stage.run(&["--version"], "");
    assert_eq!(
        (done.code, done.stderr.contains("script.json")),
        (70, true),
        "{}",
        done.stderr
    );
}

#[test]
fn the_help_is_our_own() {
    let done = Stage::saying("1.0.108", &[]).run(&["--help"], "");
    assert_eq!(done.code, 0);
    assert!(
        done.stdout.iter().any(|l| l.contains("mock-claude"))
            && done.stdout.iter().any(|l| l.contains("--resume"))
    );
}
