//! One case: its ground is made, what came before it is run, then the call itself.

use super::Error;
use super::client::Client;
use super::fit::Known;
use super::ground::Ground;
use super::recording::Recording;
use super::seen::{Seen, files};
use super::setup::{First, Setup, Setups};
use super::subject::{Call, Subject};
use super::turns::{filled, saying, turns};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What a replay needs.
pub struct Replay<'r> {
    /// Who is run.
    pub subject: &'r dyn Subject,
    /// The recorder's preparations.
    pub setups: &'r Setups,
    /// All recordings of the version, for cases that come after others.
    pub all: &'r [&'r Recording],
    /// Pauses are multiplied by this; for the real CLI it is 1.
    pub clock: f64,
    /// Bytes of stdin that are written at once; None: a frame at a time.
    pub chunk: Option<usize>,
}

/// What a replay gave.
pub struct Replayed {
    /// What was seen.
    pub seen: Seen,
    /// What placeholders stood for.
    pub known: Known,
}

impl Replay<'_> {
    /// Why a case cannot be run here.
    #[must_use]
    pub fn obstacle(&self, recording: &Recording) -> Option<String> {
        if !recording.is_call() {
            return Some("it is no call".into());
        }
        let setup = self.setups.of(recording);
        let root = rustix::process::geteuid().is_root();
        if setup.user.is_some() && !root {
            return Some("it needs another uid, and this is not root".into());
        }
        if setup.needs.as_deref() == Some("mount") && !may_mount() {
            return Some("it needs a mount, and this may not mount".into());
        }
        if recording.case.ends_with("_root") && !root {
            return Some("it needs root".into());
        }
        None
    }

    /// Runs the case.
    ///
    /// # Errors
    /// The ground cannot be made or the process not started.
    pub fn run(&self, recording: &Recording) -> Result<Replayed, Error> {
        let mut ground = Ground::new()?;
        let setup = self.setups.of(recording);
        let mut call = 0;
        for first in &setup.first {
            call += 1;
            let before = unrecorded(recording, first);
            let seen = self.call(&mut ground, &before, &Setup::default(), call)?;
            if let Some(name) = &first.session {
                ground.values.insert(name.clone(), session(&seen));
            }
        }
        for pattern in &setup.after {
            for before in self
                .all
                .iter()
                .filter(|r| super::rules::glob(pattern, &r.case))
            {
                call += 1;
                let prepared = self.setups.of(before);
                let seen = self.call(&mut ground, before, &prepared, call)?;
                if call == 1 && setup.first.is_empty() {
                    ground.values.insert("<SID0>".into(), session(&seen));
                }
            }
        }
        for also in &setup.also {
            call += 1;
            let before = unrecorded(recording, also);
            self.call(&mut ground, &before, &Setup::default(), call)?;
        }
        let seen = self.call(&mut ground, recording, &setup, call + 1)?;
        let known = Known::with(ground.values.clone());
        if std::env::var_os("CONFORMANCE_KEEP").is_some() {
            eprintln!("{}: {}", recording.case, ground.keep().display());
        }
        Ok(Replayed { seen, known })
    }

    fn call(
        &self,
        ground: &mut Ground,
        recording: &Recording,
        setup: &Setup,
        call: usize,
    ) -> Result<Seen, Error> {
        // Made first: the script names the working folder.
        let cwd = ground.prepare(recording, setup)?;
        let turns = turns(recording, setup, ground);
        let ready = self.subject.ready(&Call {
            ground,
            version: &recording.version,
            turns: &turns,
            clock: self.clock,
            number: call,
        })?;
        ground
            .values
            .insert("<PORT>".into(), ready.port.to_string());
        ground
            .values
            .insert("<CLI_DIR>".into(), folder(&ready.program));
        let fill = |text: &str| ground.fill(&fill_ids(text, call));
        let command = ready.command(recording, setup, &fill, &cwd);
        let client = Client {
            clock: self.clock,
            fill: &|frame| fill_frame(frame, ground, call),
            asked: &|count, patience| ready.model.asked(count, patience),
            chunk: self.chunk,
        };
        if let Some(user) = setup.user {
            ready.give_to(user)?;
        }
        let outcome = client
            .run(command, recording)
            .map_err(|e| Error::io(&ready.program, e))?;
        // Only tools, servers and hooks leave anything, and listing processes takes time.
        let argv = recording.argv.join(" ");
        let starts = |text: &str| {
            text.contains("tool_use") || text.contains("mcp") || text.contains("hooks")
        };
        if starts(&argv) || starts(&recording.raw["api_script"].to_string()) {
            super::left::end(&ground.root);
        }
        Ok(Seen {
            code: outcome.code,
            stdout: outcome.stdout,
            stderr: outcome.stderr,
            files: files(&[&ground.home, &cwd]),
            sent: outcome.sent,
        })
    }
}

/// A frame as it is sent: what is known filled in, what was kept in part at its full length.
fn fill_frame(frame: &Value, ground: &Ground, call: usize) -> Value {
    let text = fill_ids(&frame.to_string(), call);
    filled(&serde_json::from_str(&text).unwrap_or_default(), ground)
}

/// Ids that a client made up: in one call the same placeholder gives the same id.
fn fill_ids(text: &str, call: usize) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("<UUID:") {
        let number = rest[at + 6..].split('>').next().unwrap_or_default();
        out.push_str(&rest[..at]);
        let number_value: u32 = number.parse().unwrap_or(0);
        out.push_str(&format!(
            "11111111-2222-4333-8444-{call:06}{number_value:06}"
        ));
        rest = rest.get(at + 7 + number.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn session(seen: &Seen) -> String {
    let lines = seen.stdout.iter();
    let mut values = lines.filter_map(|l| serde_json::from_str::<Value>(l).ok());
    values
        .find_map(|line| line["session_id"].as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn folder(program: &std::path::Path) -> String {
    let real: PathBuf = program
        .canonicalize()
        .unwrap_or_else(|_| program.to_owned());
    real.parent()
        .map(|p| p.display().to_string())
        .unwrap_or_default()
}

/// A call that the recorder made before, of which there is no recording.
fn unrecorded(like: &Recording, first: &First) -> Recording {
    let mut before = like.clone();
    before.case = "before".into();
    before.argv.clone_from(&first.argv);
    before.steps.clear();
    before.stdout.clear();
    before.stdin = super::recording::Stdin::Null;
    before.raw = json!({"api_script": [saying(json!([{"type": "text", "text": first.say}]))]});
    before
}

fn may_mount() -> bool {
    let status = std::process::Command::new("unshare")
        .args(["-m", "true"])
        .stderr(std::process::Stdio::null())
        .status();
    status.is_ok_and(|s| s.success())
}
