//! Doing what a user does.

mod calls;
mod chats;
mod disk;
mod leaving;
mod look;
mod server;
mod together;

use super::Catalog;
use super::keeper::Keeper;
use super::perform::PerformError;
use crate::backend::{Api, Browser, Driver, Http, OpenChat, Port, Watch};
use crate::scenario::{Performance, Step};
use crate::stage::Stage;
use crate::supervise::Supervisor;
use crate::timeline::{ChatEnd, ChatSeen, StartSeen, StepSeen};
use std::rc::Rc;

/// The run that the steps are part of.
#[derive(Clone, Copy)]
pub(super) struct Run<'r> {
    pub(super) performance: &'r Performance,
    pub(super) catalog: &'r Catalog,
    pub(super) stage: &'r Stage,
    pub(super) supervisor: &'r Supervisor,
    /// Who writes down what the run's processes hold.
    pub(super) keeper: &'r Keeper<'r>,
    /// Conversations of the project that lay on disk before the run.
    pub(super) conversations: usize,
}

/// The steps of a run while they are done.
pub(super) struct Steps<'r> {
    run: Run<'r>,
    driver: Driver<'r>,
    /// Every port that the backend was told to listen on; the last one is its own now.
    ports: Vec<Port>,
    /// The backend that was started last.
    backend: Option<u32>,
    /// Whether it got ready.
    ready: bool,
    seen: Vec<StepSeen>,
    /// The messages that were sent, in order.
    sent: Vec<String>,
    /// Chats that steps left open, the last one last.
    open: Vec<OpenChat>,
    /// The session of the chat before.
    previous: Option<String>,
    /// The session that the history opened.
    opened: Option<String>,
    /// Calls of the CLI that were found to run on, by their numbers: nobody waits for them again.
    left: Vec<u32>,
}

/// What the steps came to.
pub(super) struct Played {
    /// How the backend was started first.
    pub(super) start: StartSeen,
    /// What the steps met.
    pub(super) seen: Vec<StepSeen>,
    /// The backend that was started last.
    pub(super) backend: Option<u32>,
    /// Every port that the backend was told to listen on.
    pub(super) ports: Vec<Port>,
    /// What the user saw last, where it was in a browser.
    pub(super) screenshot: Option<Vec<u8>>,
}

impl<'r> Steps<'r> {
    pub(super) fn new(
        run: Run<'r>,
        http: Http,
        api: Rc<Api>,
        watch: Watch<'r>,
        port: Port,
        browser: Option<Rc<Browser>>,
    ) -> Self {
        Self {
            run,
            driver: Driver::new(http, api, watch.with_browser(browser.clone())).in_browser(browser),
            ports: vec![port],
            backend: None,
            ready: false,
            seen: Vec::new(),
            sent: Vec::new(),
            open: Vec::new(),
            previous: None,
            opened: None,
            left: Vec::new(),
        }
    }

    /// Starts the backend and does all steps; then the user goes away, also from chats that are still open. Without a
    /// backend that is ready nothing can be done but to start it again.
    ///
    /// # Errors
    /// The harness itself failed.
    pub(super) async fn play(mut self) -> Result<Played, PerformError> {
        let steps = &self.run.performance.steps;
        let early = steps
            .iter()
            .take_while(|step| matches!(step, Step::Chat(chat) if chat.before_ready));
        let early = early.count();
        let start = self.start(&steps[..early]).await?;
        if self.ready || start == StartSeen::Silent {
            self.sample("start", false).await;
        }
        for step in &steps[early..] {
            if !self.ready && !matches!(step, Step::Restart { .. }) {
                continue;
            }
            self.step(step).await?;
        }
        let screenshot = self.driver.screenshot().await;
        self.leave().await;
        Ok(Played {
            screenshot,
            start,
            seen: self.seen,
            backend: self.backend,
            ports: self.ports,
        })
    }

    async fn step(&mut self, step: &Step) -> Result<(), PerformError> {
        let name = match step {
            Step::Chat(chat) => {
                self.chat(chat).await;
                self.sample_chat().await;
                return Ok(());
            }
            Step::Repeat { times, chat } => {
                self.repeat(*times, chat).await;
                return Ok(());
            }
            Step::ReadOn => {
                self.read_on().await;
                self.sample_chat().await;
                return Ok(());
            }
            Step::Together(chats) => {
                self.together(chats).await;
                "together"
            }
            Step::Disconnect { reset } => {
                self.disconnect(*reset).await;
                "disconnect"
            }
            Step::HalfClose => {
                self.half_close().await;
                "half-close"
            }
            Step::Reconnect => {
                self.reconnect().await;
                "reconnect"
            }
            Step::OpenHistory { health } => {
                self.history(*health).await;
                "history"
            }
            Step::Health => {
                let answer = self.driver.health().await;
                self.seen.push(StepSeen::Health(answer));
                "health"
            }
            Step::Abort => {
                self.abort().await;
                "abort"
            }
            Step::KillBackend(signal) => {
                self.kill(*signal).await;
                "kill"
            }
            Step::StallServer => {
                self.stall().await?;
                "stall"
            }
            Step::PauseBackend => {
                self.halt(true).await?;
                "pause"
            }
            Step::ResumeBackend => {
                self.halt(false).await?;
                "resume"
            }
            Step::Restart { new_port } => {
                self.restart(*new_port).await?;
                "restart"
            }
            Step::Release(gate) => {
                self.release(gate)?;
                return Ok(());
            }
            Step::Remove(what) => {
                self.remove(what)?;
                return Ok(());
            }
            Step::ReplaceCli => {
                self.replace_cli()?;
                return Ok(());
            }
        };
        self.sample(name, false).await;
        Ok(())
    }

    /// After a chat, which has settled if its answer came to its end.
    async fn sample_chat(&self) {
        let done =
            |seen: &StepSeen| matches!(seen, StepSeen::Chat(chat) if chat.end == ChatEnd::Done);
        let settled = self.open.is_empty() && self.seen.last().is_some_and(done);
        let after = format!("chat {}", self.sent.len());
        self.sample(&after, settled).await;
    }

    async fn sample(&self, after: &str, settled: bool) {
        let Run {
            keeper, supervisor, ..
        } = self.run;
        let backend = self.backend.unwrap_or_default();
        keeper.sample(supervisor, backend, after, settled).await;
    }

    /// The chat that was seen last.
    fn last_chat(&self) -> Option<&ChatSeen> {
        self.seen.iter().rev().find_map(|step| match step {
            StepSeen::Chat(chat) => Some(chat),
            _ => None,
        })
    }
}
