//! Who is run: the stand-in, or the real CLI before the fake Messages API.

use super::Error;
use super::api::Api;
use super::ground::Ground;
use super::recording::{Recording, Stdin};
use super::setup::Setup;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Who is run.
#[derive(Debug, Clone)]
pub enum Subject {
    /// The stand-in: an executable that takes its role from the file beside it.
    StandIn(PathBuf),
    /// The real CLI.
    Real(PathBuf),
}

/// A subject that is ready for one call.
pub struct Ready {
    /// What to start.
    pub program: PathBuf,
    /// The port that `<PORT>` stands for.
    pub port: u16,
    model: Model,
}

enum Model {
    Fake(Api),
    Ledger(PathBuf),
}

impl Subject {
    /// Puts the model's turns where the subject finds them. `call` counts the calls in this HOME.
    ///
    /// # Errors
    /// Something cannot be written, or the API cannot listen.
    pub fn ready(
        &self,
        ground: &Ground,
        version: &str,
        turns: &[Value],
        clock: f64,
        call: usize,
    ) -> Result<Ready, Error> {
        match self {
            Subject::Real(program) => {
                let api = Api::start(turns.to_vec()).map_err(|e| Error::io(program, e))?;
                Ok(Ready {
                    program: program.clone(),
                    port: api.port(),
                    model: Model::Fake(api),
                })
            }
            Subject::StandIn(executable) => {
                let bin = ground.root.join(format!("bin{call}"));
                let program = bin.join("claude");
                let ledger = bin.join("ledger");
                let write = |path: &Path, value: Value| {
                    fs::write(path, value.to_string()).map_err(|e| Error::io(path, e))
                };
                fs::create_dir_all(&bin).map_err(|e| Error::io(&bin, e))?;
                if fs::hard_link(executable, &program).is_err() {
                    fs::copy(executable, &program).map_err(|e| Error::io(&program, e))?;
                }
                let script =
                    json!({"profile": version, "clock": clock, "seed": call, "api_script": turns});
                write(&bin.join("script.json"), script)?;
                let role = json!({"role": "claude", "script": "script.json", "ledger": "ledger"});
                write(&bin.join(".claude.harness.json"), role)?;
                Ok(Ready {
                    program,
                    // Nothing listens there: the stand-in asks nobody.
                    port: 40000,
                    model: Model::Ledger(ledger),
                })
            }
        }
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
        let Model::Ledger(ledger) = &self.model else {
            return Ok(());
        };
        let folder = ledger.parent().unwrap_or(ledger);
        chown(folder, Some(user), Some(user)).map_err(|e| Error::io(folder, e))
    }

    /// Waits until the model was asked so often.
    #[must_use]
    pub fn asked(&self, count: usize, patience: Duration) -> bool {
        match &self.model {
            Model::Fake(api) => api.wait(count, patience),
            Model::Ledger(folder) => {
                // Another process writes these files: there is no portable way to be told.
                let until = Instant::now() + patience;
                while taken(folder) < count {
                    if Instant::now() >= until {
                        return false;
                    }
                    std::thread::sleep(Duration::from_millis(2));
                }
                true
            }
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
