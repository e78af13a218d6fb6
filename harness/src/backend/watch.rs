//! Telling a hang from slow work: a hang is quiescence, not a time-out.

use crate::supervise::Supervisor;
use crate::timeline::Hang;
use mock_claude::ledger::{self, Call, Event};
use std::path::PathBuf;
use std::pin::pin;
use std::time::{Duration, Instant};

/// How often the run is looked at while something is awaited.
const LOOK: Duration = Duration::from_millis(100);

/// Watches a run while a step waits for it.
pub struct Watch<'s> {
    supervisor: &'s Supervisor,
    ledger: PathBuf,
    quiet: Duration,
    deadline: Duration,
}

impl<'s> Watch<'s> {
    /// Watches the run of this supervisor.
    ///
    /// `quiet`: how long nothing may move before it counts as a hang. `deadline`: how long anything may
    /// take, however busy it is.
    pub fn new(
        supervisor: &'s Supervisor,
        ledger: PathBuf,
        quiet: Duration,
        deadline: Duration,
    ) -> Self {
        Self {
            supervisor,
            ledger,
            quiet,
            deadline,
        }
    }

    /// Waits for something, unless everything stands still before it comes.
    ///
    /// # Errors
    /// No CPU time was used in the run's tree, no process wanted any, and the stand-in wrote nothing and
    /// had no timer running for the whole quiet period; or the deadline ran out.
    pub async fn until<T>(&self, awaited: impl Future<Output = T>) -> Result<T, Hang> {
        let mut awaited = pin!(awaited);
        let started = Instant::now();
        let mut last = self.pulse().await;
        let mut moved = Instant::now();
        loop {
            tokio::select! {
                biased;
                value = &mut awaited => return Ok(value),
                () = tokio::time::sleep(LOOK) => {}
            }
            let now = self.pulse().await;
            if now.busy || now != last {
                moved = Instant::now();
                last = now;
            }
            let deadline = started.elapsed() > self.deadline;
            if deadline || moved.elapsed() > self.quiet {
                return Err(self.hang(deadline).await);
            }
        }
    }

    async fn pulse(&self) -> Pulse {
        let cpu_ms = self.supervisor.cpu().await;
        let processes = self.supervisor.processes().await;
        let calls = self.calls();
        Pulse {
            cpu_ms,
            // On a busy machine a process may wait for its turn: that is no hang.
            busy: processes
                .iter()
                .any(|process| matches!(process.state, 'R' | 'D'))
                || calls.iter().any(|call| waiting_on(call) == Some("timer")),
            processes: processes.len(),
            events: calls.iter().map(|call| call.events.len()).sum(),
        }
    }

    fn calls(&self) -> Vec<Call> {
        ledger::read(&self.ledger).unwrap_or_default()
    }

    async fn hang(&self, deadline: bool) -> Hang {
        let calls = self.calls();
        let call = calls.iter().rev().find(|call| call.exit_code().is_none());
        let last = |pick: fn(&Event) -> Option<&String>| {
            call.and_then(|call| call.events.iter().rev().find_map(pick))
                .cloned()
        };
        Hang {
            deadline,
            processes: self.processes(&calls, deadline).await,
            stand_in: call.and_then(waiting_on).map(str::to_owned),
            last_out: last(|event| match event {
                Event::Stdout { line } => Some(line),
                _ => None,
            }),
            last_in: last(|event| match event {
                Event::Stdin { text } => Some(text),
                _ => None,
            }),
        }
    }

    /// The run's processes, one line each; the two of a call through `cli.js` are one.
    async fn processes(&self, calls: &[Call], deadline: bool) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for process in self.supervisor.processes().await {
            let call = calls
                .iter()
                .map(|call| &call.start)
                .find(|start| start.pid == process.pid || start.shown_pid == process.pid);
            let name = match call {
                Some(start) => format!("claude {}", start.call),
                None => format!("`{}`", process.command.join(" ")),
            };
            // Where everything stands still all of them sleep.
            let state = if deadline {
                format!("{} ", process.state)
            } else {
                String::new()
            };
            lines.push(format!("{state}{name}"));
        }
        lines.sort();
        lines.dedup();
        lines
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Pulse {
    cpu_ms: u64,
    busy: bool,
    processes: usize,
    events: usize,
}

/// What a call that still runs waits on.
fn waiting_on(call: &Call) -> Option<&str> {
    for event in call.events.iter().rev() {
        match event {
            Event::Waiting { on } => return Some(on),
            Event::Resumed | Event::Exit { .. } => return None,
            _ => {}
        }
    }
    None
}
