//! The README's examples of the stand-in alone, taken out of it and run from Rust, from Python and from Node.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder to run examples in, with `mock-claude` on PATH and a HOME.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let dir = tempfile::tempdir().unwrap();
        for name in ["bin", "home", "cwd"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let exe = Path::new(env!("CARGO_BIN_EXE_mock-claude"));
        fs::copy(exe, dir.path().join("bin/mock-claude")).unwrap();
        Folder(dir)
    }

    fn command(&self, program: &str) -> Command {
        let bin = self.0.path().join("bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(bin).chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        command
            .current_dir(self.0.path().join("cwd"))
            .env_remove("MOCK_CLAUDE_SCRIPT")
            .env_remove("MOCK_CLAUDE_LEDGER")
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", self.0.path().join("home"))
            .env("ANTHROPIC_API_KEY", "anything")
            .stdin(Stdio::null());
        command
    }
}

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")
}

/// The blocks of the section: what stands behind the fence, and the text.
fn blocks() -> Vec<(String, String)> {
    let text = fs::read_to_string(readme()).unwrap();
    let (_, section) = text.split_once("## Only the stand-in\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let fenced = section.split("\n```").skip(1).step_by(2);
    fenced
        .map(|block| {
            let (kind, text) = block.split_once('\n').unwrap();
            (kind.to_owned(), format!("{text}\n"))
        })
        .collect()
}

/// The commands of a block, each with what comes of it.
fn commands(block: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => all.push((command.to_owned(), String::new())),
            None => {
                let (_, expected) = all.last_mut().expect("a command first");
                *expected += &format!("{line}\n");
            }
        }
    }
    all
}

/// What a reader sees: stdout, or the error, which is said there once more; and an exit code that is not 0.
fn shown(output: &Output) -> String {
    let code = output.status.code().unwrap();
    let said = if code == 70 {
        &output.stderr
    } else {
        &output.stdout
    };
    let said = String::from_utf8_lossy(said);
    match code {
        0 => said.into_owned(),
        code => format!("{said}[exit code {code}]\n"),
    }
}

#[test]
fn the_examples_do_what_the_readme_says() {
    let folder = Folder::new();
    let mut exports = BTreeMap::new();
    let mut count = 0;
    for (kind, text) in blocks() {
        if let Some((_, file)) = kind.split_once(' ') {
            fs::write(folder.0.path().join("cwd").join(file), text).unwrap();
        } else if kind == "console" {
            for (command, expected) in commands(&text) {
                if let Some(pairs) = command.strip_prefix("export ") {
                    let pairs = pairs.split(' ').filter_map(|pair| pair.split_once('='));
                    exports.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
                    continue;
                }
                let mut shell = folder.command("sh");
                let output = shell
                    .args(["-c", &command])
                    .envs(&exports)
                    .output()
                    .unwrap();
                assert_eq!(shown(&output), expected, "$ {command}");
                count += 1;
            }
        }
    }
    assert!(count >= 9, "only {count} commands were found");
}

#[test]
fn the_rust_example_holds() {
    let folder = Folder::new();
    let (_, text) = blocks()
        .into_iter()
        .find(|(kind, _)| kind == "rust")
        .unwrap();
    fs::write(folder.0.path().join("cwd/example.rs"), text).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut compiler = Command::new(rustc);
    compiler.args(["--edition", "2024", "example.rs"]);
    let compiled = compiler
        .current_dir(folder.0.path().join("cwd"))
        .status()
        .unwrap();
    assert!(compiled.success());
    let run = folder.command("./example").output().unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

/// Runs the examples by a script in another language, which says how many it found.
#[track_caller]
fn run_from(program: &str, wanted_by: &str, script: &str) {
    let there = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if there.is_err() {
        let required = std::env::var("CLAUDE_HARNESS_REQUIRE").unwrap_or_default();
        assert!(
            !required.split(',').any(|it| it == wanted_by),
            "there is no {program}"
        );
        eprintln!("skipped: there is no {program}");
        return;
    }
    let folder = Folder::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/readme")
        .join(script);
    let output = folder
        .command(program)
        .arg(script)
        .arg(readme())
        .output()
        .unwrap();
    let (said, wrong) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let count = said
        .lines()
        .last()
        .and_then(|line| line.split(' ').next())
        .and_then(|count| count.parse::<u32>().ok());
    assert!(
        output.status.success() && count.is_some_and(|count| count >= 10),
        "{said}{wrong}"
    );
}

#[test]
fn the_examples_do_the_same_from_python() {
    run_from("python3", "python", "run.py");
}

#[test]
fn the_examples_do_the_same_from_node() {
    run_from("node", "node", "run.mjs");
}
