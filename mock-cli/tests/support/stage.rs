//! A stage for one run of the stand-in: a HOME, a working folder, a script, a ledger.

use mock_claude::ledger::{self, Call};
use mock_claude::script::Script;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The arguments of a client that writes stream-json.
pub(crate) const SJ: [&str; 6] = [
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
    "--verbose",
];

/// How long anything may take before a test gives up. Nothing waits for this where all is well.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Stage {
    dir: tempfile::TempDir,
    /// The working folder, its real path.
    pub(crate) cwd: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) env: Vec<(String, String)>,
}

impl Stage {
    /// A stage with this script.
    pub(crate) fn new(script: Value) -> Stage {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for name in ["home", "cwd", "bin"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        let claude = root.join("bin/claude");
        let exe = Path::new(env!("CARGO_BIN_EXE_mock-claude"));
        if fs::hard_link(exe, &claude).is_err() {
            fs::copy(exe, &claude).unwrap();
        }
        let role = json!({"role": "claude", "script": "../script.json", "ledger": "../ledger"});
        fs::write(root.join("bin/.claude.harness.json"), role.to_string()).unwrap();
        let stage = Stage {
            cwd: root.join("cwd"),
            home: root.join("home"),
            env: Vec::new(),
            dir,
        };
        stage.script(script);
        stage
    }

    /// A stage whose script answers each prompt with one text, in order.
    pub(crate) fn saying(profile: &str, texts: &[&str]) -> Stage {
        let calls: Vec<Value> = texts.iter().map(|t| json!({"do": [{"say": t}]})).collect();
        Stage::new(json!({"profile": profile, "clock": 0.0, "calls": calls}))
    }

    /// Replaces the script.
    pub(crate) fn script(&self, script: Value) {
        fs::write(self.root().join("script.json"), script.to_string()).unwrap();
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    pub(crate) fn ledger_dir(&self) -> PathBuf {
        self.root().join("ledger")
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        ledger::read(&self.ledger_dir()).unwrap()
    }

    pub(crate) fn unused(&self) -> Vec<usize> {
        let text = fs::read_to_string(self.root().join("script.json")).unwrap();
        let script = Script::parse("script.json", &text).unwrap();
        let unused = ledger::unused(&self.ledger_dir(), &script);
        unused.into_iter().map(|(entry, _)| entry).collect()
    }

    /// Opens a gate of the script.
    pub(crate) fn open_gate(&self, name: &str) {
        fs::create_dir_all(self.ledger_dir().join("gates")).unwrap();
        fs::write(self.ledger_dir().join("gates").join(name), "").unwrap();
    }

    /// The stand-in with these arguments, on this stage's environment alone.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.root().join("bin/claude"));
        command
            .args(args)
            .current_dir(&self.cwd)
            .env_clear()
            .env("HOME", &self.home)
            .env("PATH", "/usr/bin:/bin")
            .env("ANTHROPIC_API_KEY", "dummy")
            .envs(self.env.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end with this text on stdin.
    pub(crate) fn run(&self, args: &[&str], stdin: &str) -> Done {
        let mut run = Run::start(self.command(args).stdin(Stdio::piped()));
        run.send(stdin);
        run.done()
    }

    /// The lines of the only transcript.
    pub(crate) fn transcript(&self) -> Vec<Value> {
        let projects = std::fs::read_dir(self.home.join(".claude/projects")).expect("projects");
        let folder = projects.flatten().next().expect("a project").path();
        let files = std::fs::read_dir(folder).expect("files").flatten();
        let file = files
            .map(|file| file.path())
            .find(|path| path.extension().is_some_and(|end| end == "jsonl"));
        let text = std::fs::read_to_string(file.expect("a transcript")).expect("text");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: String,
}

impl Done {
    /// The lines of stdout as JSON.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.stdout
            .iter()
            .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")))
            .collect()
    }

    /// The types of the lines, with their subtypes: `system/init`.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.json().iter().map(kind).collect()
    }
}

pub(crate) fn kind(line: &Value) -> String {
    match (line["type"].as_str(), line["subtype"].as_str()) {
        (Some(kind), Some(sub)) => format!("{kind}/{sub}"),
        (kind, _) => kind.unwrap_or("?").to_owned(),
    }
}

/// A run that is under way.
pub(crate) struct Run {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    stderr: ChildStderr,
    lines: Receiver<String>,
    pub(crate) stdout: Vec<String>,
}

impl Run {
    pub(crate) fn start(command: &mut Command) -> Run {
        // What this process ignores its children ignore, too (under `nohup`: SIGHUP); what it catches they have by
        // default again.
        static CAUGHT: std::sync::Once = std::sync::Once::new();
        CAUGHT.call_once(|| {
            let caught = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            let _ = signal_hook::flag::register(signal_hook::consts::SIGHUP, caught);
        });
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                let text =
                    String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line)).into_owned();
                if sender.send(text).is_err() {
                    break;
                }
                line.clear();
            }
        });
        Run {
            stdin: child.stdin.take(),
            stderr: child.stderr.take().unwrap(),
            child,
            lines,
            stdout: Vec::new(),
        }
    }

    /// Writes to stdin; a process that has gone does not mind.
    pub(crate) fn send(&mut self, text: &str) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(text.as_bytes());
        }
    }

    pub(crate) fn send_json(&mut self, frame: &Value) {
        self.send(&format!("{frame}\n"));
    }

    pub(crate) fn prompt(&mut self, text: &str) {
        self.send_json(&json!({"type": "user", "message": {"role": "user", "content": text}}));
    }

    pub(crate) fn control(&mut self, id: &str, request: Value) {
        self.send_json(&json!({"type": "control_request", "request_id": id, "request": request}));
    }

    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// The next line that is wanted. Panics where the output ends before.
    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.try_wait(wanted)
            .unwrap_or_else(|| panic!("no {what} came: {:#?}", self.stdout))
    }

    /// The next line that is wanted; None where the output ends before.
    pub(crate) fn try_wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        while let Ok(line) = self.lines.recv_timeout(DEADLINE) {
            let value = serde_json::from_str(&line).unwrap_or(Value::Null);
            self.stdout.push(line);
            if wanted(&value) {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), signal)
            .unwrap();
    }

    /// Closes stdin and waits for the end. The code is negative for a signal.
    pub(crate) fn done(mut self) -> Done {
        self.close_stdin();
        self.ended()
    }

    /// Waits for the end with stdin as it is.
    pub(crate) fn ended(mut self) -> Done {
        while self.try_wait(|_| false).is_some() {}
        let mut stderr = String::new();
        self.stderr.read_to_string(&mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        let code = status.code().unwrap_or_else(|| -signal.unwrap_or(0));
        Done {
            code,
            stdout: self.stdout,
            stderr,
        }
    }
}

/// Waits until something that is seen only by looking, such as a ledger, is so.
#[track_caller]
pub(crate) fn until(what: &str, seen: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !seen() {
        assert!(begun.elapsed() < DEADLINE, "not so after a minute: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
