//! What the real SDKs say of a CLI that fails, text by text: SDK-DRIVE 1.5, 1.6 and 2 against the SDKs themselves. The
//! judge's rules and the reference backend build on these texts.
//!
//! Ignored where an SDK is not installed (`tests/backends/{node,python}`), and failing there instead if
//! `CLAUDE_HARNESS_REQUIRE` has `node` or `python`.

use claude_harness::stage::{find_node, find_python};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use tempfile::TempDir;

/// An SDK, and its column in [`ROWS`].
struct Sdk {
    name: &'static str,
    /// What its probe is given: a file or a package, below `tests/backends`.
    installed: &'static str,
    /// Its package, if it is Python's.
    package: Option<&'static str>,
    column: usize,
}

const SDKS: &[Sdk] = &[
    node(
        "claude-code 1.0.108",
        "node/claude-code-1.0.108/node_modules/@anthropic-ai/claude-code/sdk.mjs",
        0,
    ),
    node(
        "claude-agent-sdk 0.1.1",
        "node/agent-sdk-0.1.1/node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs",
        0,
    ),
    node(
        "claude-agent-sdk 0.2.141",
        "node/agent-sdk-0.2.141/node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs",
        1,
    ),
    node(
        "claude-agent-sdk 0.3.330",
        "node/agent-sdk-0.3.330/node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs",
        2,
    ),
    Sdk {
        name: "python claude-code-sdk 0.0.25",
        installed: "python/claude-code-sdk-0.0.25/site-packages",
        package: Some("claude_code_sdk"),
        column: 3,
    },
    Sdk {
        name: "python claude-agent-sdk 0.2.187",
        installed: "python/claude-agent-sdk-0.2.187/site-packages",
        package: Some("claude_agent_sdk"),
        column: 4,
    },
];

const fn node(name: &'static str, installed: &'static str, column: usize) -> Sdk {
    Sdk {
        name,
        installed,
        package: None,
        column,
    }
}

// --- The CLIs ------------------------------------------------------------------------------------------

/// What every CLI does first: it answers the handshake where there is one, and says who it is.
const BEGIN: &str = r#"case " $* " in *--input-format*)
  IFS= read -r initialize
  id=$(printf %s "$initialize" | sed 's/.*"request_id": *"\([^"]*\)".*/\1/')
  echo "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\",\"request_id\":\"$id\",\"response\":{}}}"
  IFS= read -r user;;
esac
echo "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\",\"claude_code_version\":\"2.1.330\",\"pid\":$$}"
result() { echo "{\"type\":\"result\",\"subtype\":\"success\",\"duration_ms\":1,\"duration_api_ms\":1,\"is_error\":$1,\"num_turns\":1,\"session_id\":\"s\",\"result\":\"$2\"}"; }
"#;

/// Each goes on after [`BEGIN`]. One that waits ends with its stdin, `stays` never by itself.
const CLIS: &[(&str, &str)] = &[
    ("exits", "echo boom >&2; exit 1"),
    ("dies", "kill -KILL $$"),
    ("ends", "exit 0"),
    ("error-then-exits", "result true 'no credit'; exit 1"),
    ("success-then-exits", "result false hi; exit 1"),
    ("garbles", "echo 'plain text'; result false hi"),
    (
        "cuts",
        r#"echo '{"type":"assistant","mess'; result false hi"#,
    ),
    ("null", "echo null; result false hi"),
    ("unknown", r#"echo '{"type":"brand_new"}'; result false hi"#),
    (
        "long",
        r#"printf '{"type":"system","subtype":"x","d":"'; head -c 2000000 /dev/zero | tr '\0' a; echo '"}'; result false hi"#,
    ),
    (
        "invalid-utf8",
        r#"printf '{"type":"system","subtype":"\377"}\n'; result false hi"#,
    ),
    ("answers", "result false hi"),
    (
        "lingers",
        "result false hi; while read line; do :; done; exec sleep 60",
    ),
    ("waits", "while read line; do :; done"),
    (
        "stays",
        "trap '' TERM; while read line; do :; done; exec sleep 60",
    ),
];

fn write_clis(folder: &Path) {
    let write = |name: &str, text: &str, mode: u32| {
        fs::write(folder.join(name), text).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for (name, text) in CLIS {
        write(name, &format!("#!/bin/sh\n{BEGIN}{text}\n"), 0o755);
    }
    write("script.js", "", 0o644);
    write("not-executable", "#!/bin/sh\n", 0o644);
    write("bad-interpreter", "#!/no/such/interpreter\n", 0o755);
    write("env-node", "#!/usr/bin/env node\n", 0o755);
    write("file", "", 0o644);
    fs::create_dir(folder.join("directory")).unwrap();
}

// --- The table -----------------------------------------------------------------------------------------

/// A case and what comes of it, by SDK: the Node SDKs until 0.1 | 0.2.141 | 0.3.330 | Python's first | Python's 0.2.187.
///
/// `{P}` is the CLI's path and `…` anything from there on; several texts are apart by ` || `. No text: it ends without an
/// error. `~`: not asked, as it does not apply or hangs on who is faster.
struct Row(&'static str, fn(&mut Case), [&'static str; 5]);

/// How a call is made.
#[derive(Default)]
struct Case {
    cli: &'static str,
    cwd: Option<&'static str>,
    executable: Option<&'static str>,
    no_path: bool,
    then: Option<&'static str>,
    bytes: usize,
}

const NEVER: &str = "(never ends)";
const RUNS_ON: &str = "(ends) (its CLI runs on)";
const NEVER_RUNS_ON: &str = "(never ends) (its CLI runs on)";
const LIBC: &str = "Claude Code native binary at {P} exists but failed to launch. This usually means the binary does not match this system's libc…";
const NATIVE: &str = "Claude Code native binary at {P} exists but failed to launch.";
const SCRIPT: &str = "Claude Code executable at {P} exists but failed to launch.";
const NO_NATIVE: &str = "Claude Code native binary not found at {P}. Please ensure Claude Code is installed via native installer or specify a valid path with options.pathToClaudeCodeExecutable.";
const NO_SCRIPT: &str =
    "Claude Code executable not found at {P}. Is options.pathToClaudeCodeExecutable set?";
const NO_MODULE: &str = "Claude Code process exited with code 1. stderr: node:internal/modules/…";
const PYTHON_EXIT_1: &str =
    "Command failed with exit code 1 (exit code: 1)\nError output: Check stderr output for details";
const PYTHON_EXIT_127: &str = "Command failed with exit code 127 (exit code: 127)\nError output: Check stderr output for details";
const PYTHON_KILLED: &str = "Command failed with exit code -9 (exit code: -9)\nError output: Check stderr output for details";
const PYTHON_NO_FOLDER: &str = "Working directory does not exist: /no/such/folder";
const PYTHON_TOO_LONG: &str =
    "Failed to decode JSON: JSON message exceeded maximum buffer size of 1048576 bytes...";
const PYTHON_NO_UTF8: &str = "'utf-8' codec can't decode byte 0xff in position …";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row("a script without a node on PATH", |c| { c.cli = "script.js"; c.executable = Some("node"); c.no_path = true; },
        ["Failed to spawn Claude Code process: spawn node ENOENT", SCRIPT, SCRIPT, "~", "~"]),
    Row("a script, and no such working directory", |c| { c.cli = "script.js"; c.executable = Some("node"); c.cwd = Some("/no/such/folder"); },
        ["Failed to spawn Claude Code process: spawn node ENOENT", SCRIPT, SCRIPT, PYTHON_NO_FOLDER, PYTHON_NO_FOLDER]),
    Row("a native CLI, and no such working directory", |c| { c.cli = "exits"; c.cwd = Some("/no/such/folder"); },
        ["Failed to spawn Claude Code process: spawn {P} ENOENT", NATIVE, LIBC, PYTHON_NO_FOLDER, PYTHON_NO_FOLDER]),
    Row("a working directory that is a file", |c| { c.cli = "exits"; c.cwd = Some("{here}/file"); },
        ["spawn ENOTDIR", "spawn ENOTDIR", "spawn ENOTDIR", "Failed to start Claude Code: [Errno 20] Not a directory: '{here}/file'",
         "Failed to start Claude Code: [Errno 20] Not a directory: '{here}/file'"]),
    Row("a runtime that is missing", |c| { c.cli = "script.js"; c.executable = Some("bun"); c.no_path = true; },
        ["Failed to spawn Claude Code process: spawn bun ENOENT", SCRIPT, SCRIPT, "~", "~"]),
    Row("a native CLI that is missing", |c| c.cli = "/no/such/claude",
        [NO_NATIVE, NO_NATIVE, NO_NATIVE, "Claude Code not found at: {P}", "Claude Code not found at: {P}"]),
    Row("a script that is missing", |c| { c.cli = "/no/such/cli.js"; c.executable = Some("node"); },
        [NO_SCRIPT, "Claude Code process exited with code 1", NO_MODULE, "Claude Code not found at: {P}", "Claude Code not found at: {P}"]),
    Row("a CLI that may not be executed", |c| c.cli = "not-executable",
        ["Failed to spawn Claude Code process: spawn {P} EACCES", NATIVE, LIBC,
         "Failed to start Claude Code: [Errno 13] Permission denied: '{P}'", "Failed to start Claude Code: [Errno 13] Permission denied: '{P}'"]),
    Row("a folder", |c| c.cli = "directory",
        ["Failed to spawn Claude Code process: spawn {P} EACCES", NATIVE, LIBC,
         "Failed to start Claude Code: [Errno 13] Permission denied: '{P}'", "Failed to start Claude Code: [Errno 13] Permission denied: '{P}'"]),
    Row("an interpreter that is missing", |c| c.cli = "bad-interpreter",
        ["Failed to spawn Claude Code process: spawn {P} ENOENT", NATIVE, LIBC, "Claude Code not found at: {P}", "Claude Code not found at: {P}"]),
    Row("a script for `env node` without a node on PATH", |c| { c.cli = "env-node"; c.no_path = true; },
        ["Claude Code process exited with code 127", "Claude Code process exited with code 127",
         "Claude Code process exited with code 127. stderr: /usr/bin/env: …", PYTHON_EXIT_127, "~"]),
    Row("a path through a file", |c| c.cli = "{here}/file/claude",
        [NO_NATIVE, "spawn ENOTDIR", "spawn ENOTDIR", "Failed to start Claude Code: [Errno 20] Not a directory: '{P}'",
         "Failed to start Claude Code: [Errno 20] Not a directory: '{P}'"]),
    Row("a script's path through a file", |c| { c.cli = "{here}/file/cli.js"; c.executable = Some("node"); },
        [NO_SCRIPT, "Claude Code process exited with code 1", NO_MODULE, "Failed to start Claude Code: [Errno 20] Not a directory: '{P}'",
         "Failed to start Claude Code: [Errno 20] Not a directory: '{P}'"]),
    Row("exit code 1", |c| c.cli = "exits",
        ["Claude Code process exited with code 1", "Claude Code process exited with code 1", "Claude Code process exited with code 1. stderr: boom",
         PYTHON_EXIT_1, PYTHON_EXIT_1]),
    Row("exit code 0 without a result", |c| c.cli = "ends", ["", "", "", "", ""]),
    Row("a signal", |c| c.cli = "dies",
        ["Claude Code process terminated by signal SIGKILL", "Claude Code process terminated by signal SIGKILL",
         "Claude Code process terminated by signal SIGKILL", PYTHON_KILLED, PYTHON_KILLED]),
    Row("an error as the result, then exit code 1", |c| c.cli = "error-then-exits",
        ["Claude Code process exited with code 1", "Claude Code returned an error result: no credit", "Claude Code returned an error result: no credit",
         PYTHON_EXIT_1, "Claude Code returned an error result: no credit (exit code: 1)"]),
    Row("a success as the result, then exit code 1", |c| c.cli = "success-then-exits",
        ["Claude Code process exited with code 1", "Claude Code process exited with code 1", "Claude Code process exited with code 1",
         PYTHON_EXIT_1, PYTHON_EXIT_1]),
    Row("a line that is no JSON", |c| c.cli = "garbles",
        ["Unexpected token 'p', \"plain text\" is not valid JSON", "", "", "", ""]),
    Row("a line that is cut off", |c| c.cli = "cuts",
        ["Unterminated string in JSON at position 25…", "", "", "", "Failed to decode JSON: {\"type\":\"assistant\",\"mess…"]),
    Row("the line null", |c| c.cli = "null",
        ["Cannot read properties of null (reading 'type')", "Cannot read properties of null (reading 'type')",
         "Cannot read properties of null (reading 'type')", "'NoneType' object has no attribute 'get'", ""]),
    Row("an unknown type", |c| c.cli = "unknown", ["", "", "", "Unknown message type: brand_new", ""]),
    Row("a line of 2 MB", |c| c.cli = "long", ["", "", "", PYTHON_TOO_LONG, PYTHON_TOO_LONG]),
    Row("invalid UTF-8", |c| c.cli = "invalid-utf8", ["", "", "", PYTHON_NO_UTF8, PYTHON_NO_UTF8]),
    Row("a prompt of 200 KB", |c| { c.cli = "answers"; c.bytes = 200_000; },
        ["spawn E2BIG || ", "", "", "Failed to start Claude Code: [Errno 7] Argument list too long: '{P}'", ""]),
    Row("a CLI that lives on after its result", |c| c.cli = "lingers", [NEVER, NEVER, NEVER, NEVER, NEVER]),
    Row("an abort", |c| { c.cli = "waits"; c.then = Some("abort"); },
        ["Claude Code process aborted by user", "Claude Code process aborted by user", "Operation aborted", "~", "~"]),
    Row("an abort that the CLI ignores", |c| { c.cli = "stays"; c.then = Some("abort"); },
        [NEVER_RUNS_ON, "Claude Code process aborted by user (its CLI runs on)", "Claude Code process aborted by user (its CLI runs on) || Claude Code process aborted by user", "~", "~"]),
    Row("a break out of the loop", |c| { c.cli = "waits"; c.then = Some("break"); }, [RUNS_ON, "", "", "~", "~"]),
    Row("a return while a message is waited for", |c| { c.cli = "waits"; c.then = Some("return"); }, [NEVER_RUNS_ON, "", "", "~", "~"]),
    Row("close()", |c| { c.cli = "waits"; c.then = Some("close"); }, ["~", "", "", "~", "~"]),
];

// --- The comparison ------------------------------------------------------------------------------------

fn cases(folder: &Path, sdk: &Sdk) -> Vec<Value> {
    let here = |text: &str| text.replace("{here}", &folder.display().to_string());
    let mut all = Vec::new();
    for Row(name, set, says) in ROWS {
        if says[sdk.column] == "~" {
            continue;
        }
        let mut case = Case::default();
        set(&mut case);
        let ends = !says[sdk.column].starts_with(NEVER);
        let mut asked = json!({
            "name": name,
            "path": folder.join(here(case.cli)),
            "cwd": case.cwd.map(here),
            "executable": case.executable,
            "iterable": case.then.is_some(),
            "then": case.then,
            "bytes": case.bytes,
            // What is to end may take its time; of what never ends a look is enough.
            "limit": if ends { 60_000 } else { 1_500 },
            "watch": if says[sdk.column].contains("runs on") { 500 } else { 20_000 },
            "env": {},
        });
        if case.no_path {
            asked["env"]["PATH"] = json!("/no/such/folder");
        }
        all.push(asked);
    }
    all
}

fn outcomes(folder: &Path, sdk: &Sdk) -> BTreeMap<String, String> {
    let backends = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backends");
    let installed = backends.join(sdk.installed);
    let mut command = match sdk.package {
        None => {
            let mut command = Command::new(find_node().unwrap());
            command.arg(backends.join("node/probe.mjs")).arg(installed);
            command
        }
        Some(package) => {
            let mut command = Command::new(find_python().unwrap());
            command.arg(backends.join("python/probe.py"));
            command.arg(installed).arg(package);
            command
        }
    };
    let file = folder
        .join(sdk.name.replace(' ', "-"))
        .with_extension("json");
    fs::write(&file, json!(cases(folder, sdk)).to_string()).unwrap();
    let system = [find_node(), None]
        .into_iter()
        .flatten()
        .map(|node| node.parent().unwrap().to_owned());
    let path: Vec<PathBuf> = system.chain(["/usr/bin".into(), "/bin".into()]).collect();
    let output = command
        .env_clear()
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("HOME", folder)
        .stdin(fs::File::open(file).unwrap())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|seen| (seen["name"].as_str().unwrap().to_owned(), said(&seen)))
        .collect()
}

fn said(seen: &Value) -> String {
    let error = seen["error"]["text"].as_str();
    let runs_on = seen["then"].is_string() && seen["alive"] == true;
    let end = match (error, seen["ended"] == true) {
        (Some(text), _) => text,
        (None, false) => NEVER,
        (None, true) if runs_on => "(ends)",
        (None, true) => "",
    };
    format!("{end}{}", if runs_on { " (its CLI runs on)" } else { "" })
}

fn fits(said: &str, expected: &str) -> bool {
    expected
        .split(" || ")
        .any(|expected| match expected.strip_suffix('…') {
            Some(begin) => said.starts_with(begin),
            None => said == expected,
        })
}

fn compare(folder: &Path, sdk: &Sdk) -> Result<(), Failed> {
    let outcomes = outcomes(folder, sdk);
    let mut differ = String::new();
    for Row(name, set, says) in ROWS {
        let mut case = Case::default();
        set(&mut case);
        let here = folder.display().to_string();
        let path = folder.join(case.cli.replace("{here}", &here));
        let expected = says[sdk.column]
            .replace("{P}", &path.display().to_string())
            .replace("{here}", &here);
        if expected == "~" {
            continue;
        }
        match outcomes.get(*name) {
            Some(said) if fits(said, &expected) => {}
            said => differ += &format!("\n{name}\n  expected {expected:?}\n  got      {said:?}"),
        }
    }
    if differ.is_empty() {
        Ok(())
    } else {
        Err(differ.into())
    }
}

fn main() -> ExitCode {
    // Before there are threads: a script that a fork holds open for writing cannot be executed.
    let folder = TempDir::new().unwrap();
    let here = folder.path().canonicalize().unwrap();
    write_clis(&here);
    let required = std::env::var("CLAUDE_HARNESS_REQUIRE").unwrap_or_default();
    let trials = SDKS.iter().map(|sdk| {
        let (need, runtime) = match sdk.package {
            None => ("node", find_node().is_some()),
            Some(_) => ("python", find_python().is_some()),
        };
        let installed = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/backends")
            .join(sdk.installed);
        let there = runtime && installed.exists();
        let required = required.split(',').any(|one| one.trim() == need);
        let here = here.clone();
        Trial::test(sdk.name, move || {
            if !there {
                return Err(format!("{} is not installed", installed.display()).into());
            }
            compare(&here, sdk)
        })
        .with_ignored_flag(!there && !required)
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
