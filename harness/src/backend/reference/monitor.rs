//! The app around the server: it starts it, asks whether it is well, and starts it again where it is not. In an Electron
//! app that is the main process.

use super::defect::Defect;
use super::log::Log;
use super::stop_signal;
use crate::backend::http::Http;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// So many checks in a row must fail before the server counts as ill.
const PATIENCE: u32 = 3;
/// So many may fail before the first one goes well: a start takes longer than an answer.
const GRACE: u32 = 10;
/// So often is it started again without having been well in between.
const MOST_STARTS: u32 = 5;

/// What it was told.
pub(super) struct Monitor {
    /// How often it asks, and how long an answer may take.
    pub(super) every: Duration,
    /// How long the server may take between SIGTERM and SIGKILL.
    pub(super) grace: Duration,
    pub(super) port: u16,
    pub(super) defects: Vec<Defect>,
    /// The server's own arguments.
    pub(super) args: Vec<OsString>,
}

/// How a check went.
enum Health {
    Well,
    Ill(String),
}

impl Monitor {
    /// Watches over servers until it is told to stop (0), or gives up (1).
    pub(super) async fn watch(&self, log: &Log) -> io::Result<i32> {
        let stop = stop_signal()?;
        tokio::pin!(stop);
        let mut server = self.start()?;
        // Those that were told to end, and were not waited for.
        let mut old = Vec::new();
        let (mut was_well, mut failures, mut starts) = (false, 0, 1);
        loop {
            let trouble = tokio::select! {
                name = &mut stop => {
                    log.line(format!("{name}: stopping"));
                    self.end_all(old, server).await?;
                    return Ok(0);
                }
                status = server.wait() => format!("the server ended: {}", shown(status?)),
                () = sleep(self.every) => match self.ask().await {
                    Health::Well => {
                        (was_well, failures, starts) = (true, 0, 1);
                        continue;
                    }
                    Health::Ill(why) => {
                        failures += 1;
                        let patience = if was_well { PATIENCE } else { GRACE };
                        if failures < patience && !self.has(Defect::ChecksWithoutGrace) {
                            continue;
                        }
                        format!("the health check failed: {why}")
                    }
                },
            };
            if starts == MOST_STARTS {
                self.end_all(old, server).await?;
                log.line(format!("{trouble}; giving up after {starts} starts"));
                return Ok(1);
            }
            log.line(format!("{trouble}; restarting the server"));
            if self.has(Defect::RestartsAtOnce) {
                signal(&server, Signal::TERM);
                old.push(std::mem::replace(&mut server, self.start()?));
            } else {
                self.end(&mut server).await?;
                sleep(self.every * starts).await;
                server = self.start()?;
            }
            (was_well, failures, starts) = (false, 0, starts + 1);
        }
    }

    fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    /// Starts this very program as the server.
    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(&self.args).stdin(Stdio::null()).spawn()
    }

    async fn ask(&self) -> Health {
        let http = Http::new(self.port);
        match timeout(self.every, http.get("/api/health")).await {
            Err(_) => Health::Ill(format!("no answer within {} ms", self.every.as_millis())),
            Ok(Err(error)) => Health::Ill(error.to_string()),
            Ok(Ok(answer)) if answer.status == 200 => Health::Well,
            Ok(Ok(answer)) if self.has(Defect::Takes404ForIllness) => {
                Health::Ill(format!("GET /api/health: {}", answer.status))
            }
            // It lives, whatever it has no route for.
            Ok(Ok(_)) => Health::Well,
        }
    }

    async fn end_all(&self, old: Vec<Child>, last: Child) -> io::Result<()> {
        for mut server in old.into_iter().chain([last]) {
            self.end(&mut server).await?;
        }
        Ok(())
    }

    async fn end(&self, server: &mut Child) -> io::Result<()> {
        signal(server, Signal::TERM);
        if timeout(self.grace, server.wait()).await.is_err() {
            signal(server, Signal::KILL);
            server.wait().await?;
        }
        Ok(())
    }
}

/// Signals a server that has not been waited for yet.
fn signal(server: &Child, signal: Signal) {
    let pid = server.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
    if let Some(pid) = pid {
        let _ = kill_process(pid, signal);
    }
}

fn shown(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => "a signal".to_owned(),
    }
}
