//! One program on one CLI.

use super::sdks::Installed;
use claude_harness::oracle::api::Api;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a program needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Needs {
    /// What the model says, request by request; where there are several processes, by process.
    api: Vec<Value>,
    /// The versions of the CLI that it runs on.
    #[serde(default = "all")]
    pub(crate) on: Vec<String>,
    /// Files of the working folder, or of HOME (`~/`).
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// More variables.
    #[serde(default)]
    env: BTreeMap<String, String>,
}

fn all() -> Vec<String> {
    ["1.0.108", "2.0.77", "2.1.330"].map(String::from).into()
}

/// Who is run.
pub(crate) enum Cli {
    Real(PathBuf),
    StandIn(PathBuf),
}

/// What a program logged: where, and what.
pub(crate) struct Seen {
    /// The events, in their order.
    pub(crate) events: Vec<(String, Value)>,
    /// What placeholders stand for, the longest first.
    pub(crate) places: Vec<(String, &'static str)>,
}

/// Runs a program.
pub(crate) fn play(sdk: &Installed, name: &str, needs: &Needs, cli: &Cli) -> io::Result<Seen> {
    let ground = Ground::new()?;
    let fill = |text: &str| {
        let text = text.replace("<CWD>", &ground.work.to_string_lossy());
        text.replace("<HOME>", &ground.home.to_string_lossy())
    };
    for (path, text) in &needs.files {
        let path = match path.strip_prefix("~/") {
            Some(path) => ground.home.join(path),
            None => ground.work.join(path),
        };
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, fill(text))?;
    }
    let turns: Vec<Value> =
        serde_json::from_str(&fill(&Value::from(needs.api.clone()).to_string()))?;
    let by_process: Vec<Vec<Value>> = match turns.first() {
        Some(Value::Array(_)) => serde_json::from_value(turns.into())?,
        _ => vec![turns],
    };
    let bin = ground.root.join("bin");
    let program = bin.join("claude");
    let api = match cli {
        Cli::Real(path) => {
            symlink(path.canonicalize()?, &program)?;
            Some(Api::start(by_process.concat())?)
        }
        Cli::StandIn(path) => {
            fs::hard_link(path, &program).or_else(|_| fs::copy(path, &program).map(drop))?;
            // Each process starts at the first turn of its script, so the next one's turns are put in place before it starts.
            for (n, turns) in by_process.iter().enumerate().rev() {
                // The fake API goes on with this, too.
                let exhausted = json!({"content": [{"type": "text", "text": "SCRIPT EXHAUSTED"}], "stop_reason": "end_turn", "usage": {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 1000}});
                let script =
                    json!({"profile": sdk.sdk.cli, "api_script": turns, "otherwise": exhausted});
                fs::write(bin.join(format!("script.{n}.json")), script.to_string())?;
            }
            let role = json!({"role": "claude", "script": "script.json", "ledger": "ledger"});
            fs::write(bin.join(".claude.harness.json"), role.to_string())?;
            None
        }
    };
    // Nothing listens there: the stand-in asks nobody.
    let port = api.as_ref().map_or(40000, Api::port);
    let log = ground.root.join("log.jsonl");
    let mut path = bin.clone().into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let child = sdk
        .command(name)
        .current_dir(&ground.work)
        .env("PATH", path)
        .env("HOME", &ground.home)
        .env("SHELL", "/bin/bash")
        .env("ANTHROPIC_API_KEY", "dummy")
        .env("ANTHROPIC_BASE_URL", format!("http://127.0.0.1:{port}"))
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .env("DISABLE_TELEMETRY", "1")
        .env("DISABLE_AUTOUPDATER", "1")
        .env("DISABLE_ERROR_REPORTING", "1")
        .env("JUDGE_LOG", &log)
        .env("JUDGE_CLI", &program)
        .env("JUDGE_VERSION", sdk.sdk.cli)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(&needs.env)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(ground.root.join("stderr"))?)
        .process_group(0)
        .spawn()?;
    let ended = end(child)?;
    let mut events = events(&log)?;
    if !ended {
        events.push(("end".into(), json!("the program did not end")));
    } else if events.is_empty() {
        let said = fs::read_to_string(ground.root.join("stderr"))?;
        return Err(io::Error::other(format!("it logged nothing: {said}")));
    }
    Ok(Seen {
        events,
        places: ground.places(),
    })
}

fn events(log: &Path) -> io::Result<Vec<(String, Value)>> {
    let text = match fs::read_to_string(log) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    let mut events = Vec::new();
    for line in text.lines() {
        #[derive(Deserialize)]
        struct Event {
            on: String,
            value: Value,
        }
        let event: Event = serde_json::from_str(line)?;
        events.push((event.on, event.value));
    }
    Ok(events)
}

/// Waits for a program, and ends what is left of it: whether it ended by itself.
fn end(mut child: Child) -> io::Result<bool> {
    let group = rustix::process::Pid::from_child(&child);
    let (tell, told) = mpsc::channel();
    let waits = std::thread::spawn(move || {
        let status = child.wait();
        // Nobody listens any more once the patience is over.
        tell.send(()).ok();
        status
    });
    let ended = told.recv_timeout(PATIENCE).is_ok();
    // There may be nobody left.
    match rustix::process::kill_process_group(group, rustix::process::Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(e) => return Err(e.into()),
    }
    waits.join().expect("it only waits")?;
    Ok(ended)
}

/// The folders of a run.
struct Ground {
    _dir: TempDir,
    root: PathBuf,
    home: PathBuf,
    work: PathBuf,
}

impl Ground {
    fn new() -> io::Result<Self> {
        // Names of transcripts' folders depend on the length of the path.
        let dir = tempfile::Builder::new()
            .prefix("j")
            .rand_bytes(6)
            .tempdir_in("/tmp")?;
        let root = dir.path().canonicalize()?;
        let ground = Ground {
            _dir: dir,
            home: root.join("home"),
            work: root.join("work"),
            root,
        };
        for folder in [&ground.home, &ground.work, &ground.root.join("bin")] {
            fs::create_dir(folder)?;
        }
        Ok(ground)
    }

    fn places(&self) -> Vec<(String, &'static str)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let name = |path: &Path| text(path).replace(['/', '.'], "-");
        vec![
            (text(&self.work), "<CWD>"),
            (name(&self.work), "<CWD_NAME>"),
            (text(&self.home), "<HOME>"),
            (name(&self.home), "<HOME_NAME>"),
            (text(&self.root), "<ROOT>"),
            (name(&self.root), "<ROOT_NAME>"),
        ]
    }
}
