//! Who is run: the stand-in, or whoever else can be made ready for a call.

use super::Error;
use super::ground::Ground;
use super::recording::{Recording, Stdin};
use super::setup::Setup;
use super::turns;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Who is run.
pub trait Subject: std::fmt::Debug + Send + Sync {
    /// Puts the model's turns where the subject finds them.
    ///
    /// # Errors
    /// Something cannot be written, or nothing can listen.
    fn ready(&self, call: &Call<'_>) -> Result<Ready, Error>;
}

/// What a subject is made ready for.
#[derive(Debug)]
pub struct Call<'c> {
    /// The folders of the run.
    pub ground: &'c Ground,
    /// The CLI's version.
    pub version: &'c str,
    /// The model's turns.
    pub turns: &'c [Value],
    /// The factor of the stand-in's waits.
    pub clock: f64,
    /// How many calls there were in this HOME, with this one.
    pub number: usize,
}

/// A subject that is ready for one call.
pub struct Ready {
    /// What to start.
    pub program: PathBuf,
    /// The port that `<PORT>` stands for.
    pub port: u16,
    /// Who says the model's turns.
    pub model: Box<dyn Model>,
}

/// Who says the model's turns.
pub trait Model {
    /// Waits until the model was asked so often; false where it was not within that time.
    fn asked(&self, count: usize, patience: Duration) -> bool;

    /// What a user must own who is not this one.
    fn folder(&self) -> Option<&Path> {
        None
    }
}

/// The stand-in: an executable that takes its role from the file beside it.
#[derive(Debug, Clone)]
pub struct StandIn(pub PathBuf);

impl Subject for StandIn {
    fn ready(&self, call: &Call<'_>) -> Result<Ready, Error> {
        let folder = call.ground.root.join(format!("bin{}", call.number));
        let program = folder.join("claude");
        let write = |name: &str, value: Value| {
            let path = folder.join(name);
            fs::write(&path, value.to_string()).map_err(|e| Error::io(&path, e))
        };
        fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, e))?;
        if fs::hard_link(&self.0, &program).is_err() {
            fs::copy(&self.0, &program).map_err(|e| Error::io(&program, e))?;
        }
        let script = json!({"profile": call.version, "clock": call.clock, "seed": call.number,
                            "api_script": call.turns, "otherwise": turns::saying(json!([
                                {"type": "text", "text": "SCRIPT EXHAUSTED"}]))});
        write("script.json", script)?;
        let role = json!({"role": "claude", "script": "script.json", "ledger": "ledger"});
        write(".claude.harness.json", role)?;
        Ok(Ready {
            program,
            // Nothing listens there: the stand-in asks nobody.
            port: 40000,
            model: Box::new(Scripted { folder }),
        })
    }
}

/// The model of the stand-in is its script.
struct Scripted {
    folder: PathBuf,
}

impl Model for Scripted {
    fn asked(&self, count: usize, patience: Duration) -> bool {
        // Another process writes these files: there is no portable way to be told.
        let until = Instant::now() + patience;
        while taken(&self.folder.join("ledger")) < count {
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.folder)
    }
}

impl Ready {
    /// The command of a recorded call.
    #[must_use]
    pub fn command(
        &self,
        recording: &Recording,
        setup: &Setup,
        fill: &dyn Fn(&str) -> String,
        cwd: &Path,
    ) -> Command {
        let args = recording.argv.iter().map(|a| fill(a));
        let closed = (recording.stdin == Stdin::Closed).then_some(r#"exec "$@" <&-"#);
        let mut command = match setup.shell.as_deref().or(closed) {
            None => Command::new(&self.program),
            Some(script) => {
                let mut shell = Command::new("/bin/sh");
                shell.args(["-c", script, "sh"]).arg(&self.program);
                shell
            }
        };
        command.args(args).current_dir(cwd).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        // The recorder's own environment had these.
        command.env("SHELL", "/bin/bash");
        for (name, value) in &recording.env {
            command.env(name, fill(value));
        }
        if let Some(user) = setup.user {
            command.uid(user).gid(user);
        }
        command
    }

    /// Lets a user run it who is not this one: the stand-in writes its ledger beside itself.
    ///
    /// # Errors
    /// The folder cannot be given away.
    pub fn give_to(&self, user: u32) -> Result<(), Error> {
        match self.model.folder() {
            Some(folder) => chown(folder, Some(user), Some(user)).map_err(|e| Error::io(folder, e)),
            None => Ok(()),
        }
    }
}

/// How many turns the stand-in has begun, by its ledger.
fn taken(folder: &Path) -> usize {
    let calls = fs::read_dir(folder.join("calls"));
    let texts = calls.into_iter().flatten().flatten();
    texts
        .filter_map(|file| fs::read_to_string(file.path()).ok())
        .map(|text| text.matches("\"event\":\"take\"").count())
        .sum()
}
