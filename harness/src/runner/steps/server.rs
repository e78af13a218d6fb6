//! Starting, ending and halting the backend between other steps.

use super::Steps;
use super::together::together;
use crate::backend::{OpenChat, Port, ended, until_ready};
use crate::runner::on_stage::server;
use crate::runner::perform::{PerformError, failed};
use crate::scenario::Step;
use crate::supervise::{Signal, SpawnError};
use crate::timeline::{Budget, EarlySeen, KillSeen, RestartSeen, StartSeen, StepSeen};
use std::cell::Cell;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long the backend may take to end after SIGKILL.
const KILL_GRACE: Duration = Duration::from_secs(10);

/// How often it is looked who listens.
const LOOK: Duration = Duration::from_millis(25);

impl Steps<'_> {
    /// Starts the backend. The chats of `early` are sent before that, and until somebody takes them.
    pub(super) async fn start(&mut self, early: &[Step]) -> Result<StartSeen, PerformError> {
        let mut messages = Vec::new();
        for step in early {
            if let Step::Chat(chat) = step {
                messages.push(self.message(chat));
            }
        }
        let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        let (tried, may_come) = (Semaphore::new(0), Cell::new(true));
        let chats = messages.into_iter().map(|message| {
            let (driver, tried, may_come) = (self.driver.beside(), &tried, &may_come);
            async move { driver.chat_early(message, tried, || may_come.get()).await }
        });
        let start = async {
            let _ = tried.acquire_many(count).await;
            let started = self.spawn().await;
            let is_ready = matches!(started, Ok((StartSeen::Ready { .. }, _)));
            may_come.set(is_ready);
            started
        };
        let (chats, started) = tokio::join!(together(chats), start);
        let (start, backend) = started?;
        self.backend = backend;
        self.ready = matches!(start, StartSeen::Ready { .. });
        for (chat, first) in chats {
            self.keep_early(chat, first);
        }
        Ok(start)
    }

    fn keep_early(&mut self, chat: OpenChat, first: Option<String>) {
        let seen = EarlySeen {
            chat: chat.seen.number,
            first: first.unwrap_or_else(|| "somebody took it".to_owned()),
            taken: chat.seen.status.is_some(),
        };
        self.seen.push(StepSeen::Early(seen));
        self.keep(chat);
    }

    /// Starts the backend on the last port, and waits until it is ready.
    async fn spawn(&self) -> Result<(StartSeen, Option<u32>), PerformError> {
        let run = self.run;
        let port = self.ports.last().map_or(0, Port::number);
        let spec = server(run.performance, run.catalog, run.stage, port);
        match run.supervisor.spawn(&spec).await {
            Err(SpawnError::Refused(failure)) => {
                let start = StartSeen::NotSpawned {
                    errno: failure.errno.clone(),
                    program: spec.program.clone(),
                };
                Ok((start, None))
            }
            Err(error) => Err(failed("start the backend")(error.to_string())),
            Ok(pid) => {
                let watch = self.driver.watch();
                let (http, route) = (self.driver.http(), &self.driver.api().ready);
                let start = until_ready(run.supervisor, watch, pid, http, route).await;
                Ok((start, Some(pid)))
            }
        }
    }

    /// Ends the backend, and sees what becomes of open chats and of the CLIs.
    pub(super) async fn kill(&mut self, signal: Signal) {
        let Some(pid) = self.backend else {
            return;
        };
        let supervisor = self.run.supervisor;
        let open = std::mem::take(&mut self.open);
        for chat in &open {
            self.so_far(chat);
        }
        let had_ended = supervisor.ended(pid).is_some();
        // It may be dead already: then the wait is over at once.
        let _ = supervisor.signal(pid, signal).await;
        let end = self
            .driver
            .watch()
            .within(Budget::Stop, "the end of the backend", supervisor.wait(pid))
            .await;
        let forced = end.is_err();
        let status = match end {
            Ok(status) => status,
            Err(_) => {
                let _ = supervisor.signal(pid, Signal::Kill).await;
                let end = tokio::time::timeout(KILL_GRACE, supervisor.wait(pid)).await;
                end.ok().flatten()
            }
        };
        let mut chats = Vec::new();
        for mut chat in open {
            self.driver.watch().begin();
            self.driver.read(&mut chat, None).await;
            chats.push((chat.seen.number, chat.seen.end));
        }
        let calls_left = self.calls_left().await;
        self.seen.push(StepSeen::Kill(KillSeen {
            signal: signal.name().to_owned(),
            had_ended,
            ended: ended(status),
            forced,
            chats,
            calls_left,
        }));
    }

    /// Starts the backend again, as soon as the one before has ended: nobody waits for its port to be free.
    pub(super) async fn restart(&mut self, new_port: bool) -> Result<(), PerformError> {
        let lives = |pid: &u32| self.run.supervisor.ended(*pid).is_none();
        let was_killed = self
            .seen
            .iter()
            .rev()
            .find(|seen| matches!(seen, StepSeen::Kill(_) | StepSeen::Restart(_)));
        let was_killed = matches!(was_killed, Some(StepSeen::Kill(_)));
        // One that was ready and has ended since did so by itself, which the timeline must show.
        if self.backend.as_ref().is_some_and(lives) || (self.ready && !was_killed) {
            self.kill(Signal::Term).await;
        }
        if new_port {
            let port = Port::lease().map_err(|error| failed("lease a port")(error.to_string()))?;
            self.driver = self.driver.on(port.number());
            self.ports.push(port);
        }
        let (start, backend) = self.spawn().await?;
        self.backend = backend;
        self.ready = matches!(start, StartSeen::Ready { .. });
        self.seen
            .push(StepSeen::Restart(RestartSeen { new_port, start }));
        Ok(())
    }

    /// Halts the process that listens until another one listens, or the backend has ended, or its budget is used up.
    pub(super) async fn stall(&mut self) -> Result<(), PerformError> {
        let supervisor = self.run.supervisor;
        let backend = self.backend.unwrap_or_default();
        let port = self.ports.last().map_or(0, Port::number);
        let listening = || async {
            let all = supervisor.listeners(port).await;
            all.into_iter()
                .find(|one| one.in_run)
                .and_then(|one| one.pid)
        };
        let Some(server) = listening().await else {
            return Err(failed("halt the server")(
                "nobody of this run listens".to_owned(),
            ));
        };
        let signal = |signal| async move {
            let sent = supervisor.signal(server, signal).await;
            sent.map_err(|error| failed("halt the server")(error.to_string()))
        };
        signal(Signal::Stop).await?;
        let replaced = async {
            // Nothing tells of another process's sockets.
            while listening().await.is_none_or(|now| now == server) {
                if supervisor.ended(backend).is_some() {
                    return false;
                }
                tokio::time::sleep(LOOK).await;
            }
            true
        };
        let watch = self.driver.watch();
        let within = watch.within(Budget::Turn, "another server", replaced).await;
        // Who has been replaced may have been killed.
        let _ = supervisor.signal(server, Signal::Cont).await;
        self.seen.push(StepSeen::Stall {
            replaced: within.unwrap_or(false),
        });
        Ok(())
    }

    /// Halts the backend, or lets it go on.
    pub(super) async fn halt(&mut self, halt: bool) -> Result<(), PerformError> {
        let signal = if halt { Signal::Stop } else { Signal::Cont };
        let backend = self.backend.unwrap_or_default();
        let sent = self.run.supervisor.signal(backend, signal).await;
        // One that has ended by itself is found out by other means.
        if sent.is_err() && self.run.supervisor.ended(backend).is_none() {
            let error = format!("{signal} does not reach it");
            return Err(failed("halt the backend")(error));
        }
        self.seen.push(if halt {
            StepSeen::Pause
        } else {
            StepSeen::Resume
        });
        Ok(())
    }
}
