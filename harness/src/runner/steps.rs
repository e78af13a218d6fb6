//! Doing what a user does.

use super::keeper::Keeper;
use super::on_stage::readable_messages;
use crate::backend::{Driver, Message, OpenChat};
use crate::scenario::{Chat, ChatSession, Step};
use crate::stage::Stage;
use crate::supervise::Supervisor;
use crate::timeline::{AbortSeen, ChatEnd, StageFacts, StepSeen};
use mock_claude::ledger;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a CLI may take to end after a stop, or after its client went away.
const CLI_GRACE: Duration = Duration::from_secs(3);
/// How often the processes are looked at meanwhile.
const LOOK: Duration = Duration::from_millis(20);

/// The steps of a run while they are done.
pub(super) struct Steps<'r> {
    driver: &'r Driver<'r>,
    supervisor: &'r Supervisor,
    stage: &'r Stage,
    facts: &'r StageFacts,
    /// Who writes down what the backend, by its number, holds.
    keeper: (&'r Keeper<'r>, u32),
    seen: Vec<StepSeen>,
    chats: usize,
    /// The chat that a step left open.
    open: Option<OpenChat>,
    /// The session of the chat before.
    previous: Option<String>,
    /// The session that the history opened.
    opened: Option<String>,
}

impl<'r> Steps<'r> {
    pub(super) fn new(
        driver: &'r Driver<'r>,
        supervisor: &'r Supervisor,
        stage: &'r Stage,
        facts: &'r StageFacts,
        keeper: (&'r Keeper<'r>, u32),
    ) -> Self {
        Self {
            driver,
            supervisor,
            stage,
            facts,
            keeper,
            seen: Vec::new(),
            chats: 0,
            open: None,
            previous: None,
            opened: None,
        }
    }

    /// Does all steps; then the user goes away, also from a chat that is still open.
    pub(super) async fn play(mut self, steps: &[Step]) -> Vec<StepSeen> {
        for step in steps {
            match step {
                Step::Chat(chat) => self.chat(chat).await,
                Step::OpenHistory => self.history().await,
                Step::Health => {
                    let answer = self.driver.health().await;
                    self.seen.push(StepSeen::Health(answer));
                }
                Step::Abort => self.abort().await,
            }
            self.sample(step).await;
        }
        self.leave().await;
        self.seen
    }

    async fn sample(&self, step: &Step) {
        let done =
            |seen: &StepSeen| matches!(seen, StepSeen::Chat(chat) if chat.end == ChatEnd::Done);
        let (after, settled) = match step {
            Step::Chat(_) => (
                format!("chat {}", self.chats),
                self.open.is_none() && self.seen.last().is_some_and(done),
            ),
            Step::OpenHistory => ("history".to_owned(), false),
            Step::Health => ("health".to_owned(), false),
            Step::Abort => ("abort".to_owned(), false),
        };
        let (keeper, backend) = self.keeper;
        keeper
            .sample(self.supervisor, backend, &after, settled)
            .await;
    }

    async fn chat(&mut self, chat: &Chat) {
        self.chats += 1;
        let directory = match &chat.directory {
            Some(below) => self.stage.home.join(below),
            None => self.stage.project.clone(),
        };
        let message = Message {
            number: self.chats,
            text: chat.message.clone(),
            session: match chat.session {
                ChatSession::New => None,
                ChatSession::Previous => self.previous.clone(),
                ChatSession::Opened => self.opened.clone(),
            },
            directory,
            permission_mode: chat.permission_mode.clone(),
            allowed_tools: chat.allowed_tools.clone(),
            until: chat.until.clone(),
        };
        let chat = self.driver.chat(message).await;
        self.previous = chat.seen.session_id().or(self.previous.take());
        if chat.is_open() {
            self.open = Some(chat);
        } else {
            self.seen.push(StepSeen::Chat(chat.leave()));
        }
    }

    async fn history(&mut self) {
        let (mut seen, newest) = self
            .driver
            .open_history(&self.stage.project, self.facts.conversations)
            .await;
        if let Some(session) = &newest {
            seen.readable = readable_messages(self.stage, session);
        }
        self.opened = newest;
        self.seen.push(StepSeen::History(seen));
    }

    /// Stops the open chat; if it ended by itself before, there is nothing to stop, and that is what is seen.
    async fn abort(&mut self) {
        let Some(mut chat) = self.open.take() else {
            return;
        };
        let number = chat.seen.number;
        let mut left = chat.seen.clone();
        left.end = ChatEnd::Open;
        self.seen.push(StepSeen::Chat(left));
        let answer = self.driver.abort(number).await;
        self.driver.read(&mut chat, None).await;
        let cli_gone = self.cli_gone().await;
        let end = chat.leave().end;
        self.seen.push(StepSeen::Abort(AbortSeen {
            chat: number,
            answer,
            end,
            cli_gone,
        }));
    }

    async fn leave(&mut self) {
        let Some(chat) = self.open.take() else {
            return;
        };
        let mut seen = chat.leave();
        seen.cli_left_running = Some(!self.cli_gone().await);
        self.seen.push(StepSeen::Chat(seen));
    }

    /// Waits until no process of any call lives; false when the grace runs out first.
    async fn cli_gone(&self) -> bool {
        let gone = async {
            while self.cli_runs().await {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(CLI_GRACE, gone).await.is_ok()
    }

    async fn cli_runs(&self) -> bool {
        let calls = ledger::read(&self.stage.ledger).unwrap_or_default();
        let pids: BTreeSet<u32> = calls
            .iter()
            .flat_map(|call| [call.start.pid, call.start.shown_pid])
            .collect();
        let processes = self.supervisor.processes().await;
        processes
            .iter()
            .any(|process| pids.contains(&process.pid) && !process.is_zombie())
    }
}
