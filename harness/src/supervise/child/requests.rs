//! What the harness asks, and the answers.

use super::census::deliver;
use super::jobs::Ended;
use super::listeners;
use super::run::Run;
use super::spawn::{Spawned, Surroundings, spawn};
use crate::supervise::error::errno_name;
use crate::supervise::wire::{Answer, Ask, Message, Refusal, Request};
use crate::supervise::{
    Listener, Probe, Probed, ShellProbe, Sighting, Signal, SpawnFailure, SpawnSpec, Status, Stream,
    Unanswered, Way,
};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a listing of ports may take.
const PORT_LIMIT: Duration = Duration::from_secs(5);

/// The path that libc searches for a program when there is no PATH.
const DEFAULT_PATH: &[&str] = if cfg!(target_os = "macos") {
    &["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
} else if cfg!(target_env = "musl") {
    &["/usr/local/bin", "/bin", "/usr/bin"]
} else {
    &["/bin", "/usr/bin"]
};

/// A probe whose login shells have not all answered.
pub(super) struct Probing {
    id: u64,
    found: Probed,
    /// The name that each shell was asked for.
    open: HashMap<u32, String>,
}

impl Run {
    pub(super) fn answer(&mut self, request: Request) {
        let id = request.id;
        let answer = match request.ask {
            Ask::Spawn(spec) => Answer::Spawned(self.spawn(&spec)),
            Ask::Processes => {
                self.look(true);
                self.reap();
                Answer::Processes(self.members.live().cloned().collect())
            }
            Ask::Cpu => {
                self.look(false);
                self.cpu_ms = self.cpu_ms.max(self.census.cpu_ms(&self.members));
                Answer::Cpu(self.cpu_ms)
            }
            Ask::Signal { pid, signal } => Answer::Signalled(self.signal(pid, signal)),
            Ask::Conditions => return self.conditions(id),
            Ask::Probe(probe) => return self.probe(id, &probe),
            Ask::Listeners { port } => return self.who_listens(id, port),
            Ask::Survivors { settle_ms } => {
                self.look(true);
                return self.settling.push((id, after(settle_ms)));
            }
            Ask::Finish { grace_ms } => {
                self.finishing = Some((id, Duration::from_millis(grace_ms)));
                return;
            }
        };
        self.wire.put(&Message::Answer { id, answer });
    }

    fn spawn(&mut self, spec: &SpawnSpec) -> Result<u32, SpawnFailure> {
        let around = Surroundings {
            marker: &self.setup.marker,
            inherited: self.inherited.as_ref(),
            harness_group: self.harness_group,
        };
        let Spawned {
            pid,
            stdin,
            stdout,
            stderr,
        } = spawn(spec, &around)?;
        self.begun = true;
        self.started.insert(pid);
        self.silent_inputs.extend(stdin.map(|stdin| (pid, stdin)));
        for (stream, reader) in [(Stream::Stdout, stdout), (Stream::Stderr, stderr)] {
            if let Some(reader) = reader
                && let Err(error) = self.logs.add(pid, stream, reader)
            {
                eprintln!(
                    "claude-harness supervisor: a pipe of process {pid} is not read: {error}"
                );
            }
        }
        self.look(false);
        Ok(pid)
    }

    fn signal(&mut self, pid: u32, signal: Signal) -> Result<(), Refusal> {
        self.look(false);
        let process = self.members.get(pid).ok_or(Refusal::NotOfThisRun)?;
        deliver(process, signal).map_err(|error| Refusal::System(errno_name(&error)))
    }

    fn who_listens(&mut self, id: u64, port: u16) {
        self.look(false);
        let run: Vec<u32> = self.members.live().map(|process| process.pid).collect();
        let direct = if self.setup.portable {
            None
        } else {
            listeners::holders(port, &run)
        };
        if let Some(holders) = direct {
            return self.listeners_found(id, holders);
        }
        match self
            .jobs
            .start(listeners::lsof::command(port), Instant::now() + PORT_LIMIT)
        {
            Ok(pid) => {
                self.port_questions.insert(pid, id);
            }
            Err(error) => {
                eprintln!("claude-harness supervisor: lsof cannot be started: {error}");
                self.listeners_found(id, Vec::new());
            }
        }
    }

    fn listeners_found(&mut self, id: u64, holders: Vec<Option<u32>>) {
        let member = |pid: Option<u32>| pid.is_some_and(|pid| self.members.get(pid).is_some());
        let listeners = holders
            .into_iter()
            .map(|pid| Listener {
                pid,
                in_run: member(pid),
            })
            .collect();
        self.wire.put(&Message::Answer {
            id,
            answer: Answer::Listeners(listeners),
        });
    }

    fn probe(&mut self, id: u64, probe: &Probe) {
        let mut probing = Probing {
            id,
            found: Probed {
                sightings: sightings(probe),
                ..Probed::default()
            },
            open: HashMap::new(),
        };
        if let Some(shell) = &probe.shell {
            for name in &probe.names {
                match self.ask_shell(shell, name) {
                    Ok(pid) => drop(probing.open.insert(pid, name.clone())),
                    Err(error) => probing.found.unanswered.push(Unanswered {
                        name: name.clone(),
                        way: Way::LoginShell,
                        reason: format!("{}: {}", shell.shell.display(), errno_name(&error)),
                    }),
                }
            }
        }
        self.probings.push(probing);
        self.probes_done();
    }

    fn ask_shell(&mut self, probe: &ShellProbe, name: &str) -> io::Result<u32> {
        if !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte))
        {
            return Err(rustix::io::Errno::INVAL.into());
        }
        let mut command = Command::new(&probe.shell);
        command
            .args(["-lc", &format!("command -v {name}")])
            .current_dir(&probe.cwd);
        command
            .env_clear()
            .envs(&probe.env)
            .env(&self.setup.marker.0, &self.setup.marker.1);
        self.jobs.start(command, after(probe.limit_ms))
    }

    /// A tool is done: its answer goes to whoever asked.
    pub(super) fn tool_ended(&mut self, ended: Ended) {
        if let Some(id) = self.port_questions.remove(&ended.pid) {
            let holders = listeners::lsof::holders(&ended.said);
            return self.listeners_found(id, holders.into_iter().map(Some).collect());
        }
        if let Some(id) = self.condition_questions.remove(&ended.pid) {
            return self.conditions_told(id, &ended.said);
        }
        for probing in &mut self.probings {
            if let Some(name) = probing.open.remove(&ended.pid) {
                probing.take(name, &ended);
            }
        }
        self.probes_done();
    }

    fn probes_done(&mut self) {
        let (done, open) = std::mem::take(&mut self.probings)
            .into_iter()
            .partition(|probing| probing.open.is_empty());
        self.probings = open;
        let done: Vec<Probing> = done;
        for probing in done {
            if !self.begun && self.jobs.pids().is_empty() {
                // What a login shell left behind (an agent, a prompt's helper) is no part of the run to come.
                self.sweep();
            }
            self.wire.put(&Message::Answer {
                id: probing.id,
                answer: Answer::Probed(probing.found),
            });
        }
    }
}

impl Probing {
    fn take(&mut self, name: String, ended: &Ended) {
        let way = Way::LoginShell;
        // A profile may greet before the answer, so the answer is what was said last.
        let last = ended
            .said
            .lines()
            .map(str::trim)
            .rfind(|line| !line.is_empty());
        match (&ended.status, last) {
            (Some(Status::Exited(0)), Some(said)) => {
                self.found.sightings.push(Sighting {
                    name,
                    way,
                    path: PathBuf::from(said),
                });
            }
            (Some(Status::Exited(0 | 1 | 127)), _) => {}
            (status, _) => {
                let reason = status
                    .as_ref()
                    .map_or("no answer in time".to_string(), Status::to_string);
                self.found.unanswered.push(Unanswered { name, way, reason });
            }
        }
    }
}

fn sightings(probe: &Probe) -> Vec<Sighting> {
    let mut sightings = Vec::new();
    for name in &probe.names {
        let mut see = |way, path| {
            sightings.push(Sighting {
                name: name.clone(),
                way,
                path,
            })
        };
        let on = |folders: &mut dyn Iterator<Item = &Path>| {
            folders
                .map(|folder| folder.join(name))
                .find(|file| runs(file))
        };
        if let Some(path) = on(&mut probe.path.iter().map(PathBuf::as_path)) {
            see(Way::Path, path);
        }
        if let Some(path) = on(&mut DEFAULT_PATH.iter().map(Path::new)) {
            see(Way::DefaultPath, path);
        }
        for place in &probe.places {
            let named = place.file_name().is_some_and(|last| last == name.as_str());
            let file = if place.is_dir() {
                place.join(name)
            } else {
                place.clone()
            };
            if (named || place.is_dir()) && runs(&file) {
                see(Way::Place, file);
            }
        }
    }
    sightings
}

/// A file that this user may execute.
fn runs(file: &Path) -> bool {
    file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
}

fn after(ms: u64) -> Instant {
    // A year is for ever here, and cannot overflow.
    const YEAR_MS: u64 = 365 * 24 * 3600 * 1000;
    Instant::now() + Duration::from_millis(ms.min(YEAR_MS))
}
