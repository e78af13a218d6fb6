//! Which calls of the CLI still run, and for whom.

use super::Steps;
use crate::timeline::{ChatSeen, CliAfter, is_prompt_of};
use mock_claude::ledger::{self, Call, Event};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// How often the processes are looked at meanwhile.
const LOOK: Duration = Duration::from_millis(20);

impl Steps<'_> {
    /// Waits until the CLI of a chat is through, which nobody reads any more, or its budget runs out; then that call is not
    /// waited for again.
    pub(super) async fn cli_after(&mut self, chat: &ChatSeen) -> CliAfter {
        let through = async {
            while !self.running_for(chat).await.0.is_empty() {
                tokio::time::sleep(LOOK).await;
            }
        };
        self.driver.watch().leave(through).await;
        // A backend may interrupt first, and then end it.
        let gone = async {
            while self.running_for(chat).await.1 {
                tokio::time::sleep(LOOK).await;
            }
        };
        self.driver.watch().rest(gone).await;
        let (running, waits) = self.running_for(chat).await;
        self.left.extend(&running);
        match (running.is_empty(), waits) {
            (false, _) => CliAfter::GoesOn,
            (true, true) => CliAfter::Waits,
            (true, false) => CliAfter::Ended,
        }
    }

    /// Calls that still run once the backend is gone and nothing moves any more, by their numbers.
    pub(super) async fn calls_left(&mut self) -> Vec<u32> {
        let gone = async {
            while !self.running().await.is_empty() {
                tokio::time::sleep(LOOK).await;
            }
        };
        self.driver.watch().rest(gone).await;
        let left: Vec<u32> = self.running().await.iter().map(number).collect();
        self.left.extend(&left);
        left
    }

    /// Waits until the CLI has ended that was called for the message which was sent last.
    pub(super) async fn cli_ended(&self, message: &str) {
        let wanted = self.sent.iter().filter(|sent| *sent == message).count();
        loop {
            let calls = ledger::read(&self.run.stage.ledger).unwrap_or_default();
            let ended = calls
                .iter()
                .filter(|call| is_for(call, message) && !call.killed());
            if ended.count() >= wanted {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Running calls without those of chats that are still open: what runs for this chat, or for nobody; and whether one
    /// has done with this chat and waits.
    async fn running_for(&self, chat: &ChatSeen) -> (Vec<u32>, bool) {
        let running = self.running().await;
        // One process a conversation, as agents for editors have it: it is told to stop, and waits for the next message.
        // A backend that passes the CLI's messages on has one a turn, unless it interrupts; such a process was left behind.
        let (waiting, mut running): (Vec<Call>, Vec<Call>) =
            running.into_iter().partition(|call| {
                let waits = call.waiting() == Some("stdin") && !call.taken().is_empty();
                waits && (chat.only_text || was_interrupted(call))
            });
        for other in self
            .open
            .iter()
            .filter(|other| other.seen.number != chat.number)
        {
            let found = running
                .iter()
                .position(|call| is_for(call, &other.seen.message));
            if let Some(index) = found {
                running.remove(index);
            }
        }
        let waits = waiting.iter().any(|call| is_for(call, &chat.message));
        (running.iter().map(number).collect(), waits)
    }

    /// Calls of which a process lives, without those that are known to have been left.
    async fn running(&self) -> Vec<Call> {
        let calls = ledger::read(&self.run.stage.ledger).unwrap_or_default();
        let processes = self.run.supervisor.processes().await;
        let living: BTreeSet<u32> = processes
            .iter()
            .filter(|process| !process.is_zombie())
            .map(|process| process.pid)
            .collect();
        let lives = |call: &Call| {
            let Call { start, .. } = call;
            living.contains(&start.pid) || living.contains(&start.shown_pid)
        };
        calls
            .into_iter()
            .filter(|call| lives(call) && !self.left.contains(&call.start.call))
            .collect()
    }
}

/// Whether a client has told it to stop, and not by a signal.
fn was_interrupted(call: &Call) -> bool {
    let mut events = call.events.iter();
    events.any(|event| match event {
        Event::Stdin { text } => serde_json::from_str::<Value>(text)
            .is_ok_and(|line| line["request"]["subtype"] == "interrupt"),
        _ => false,
    })
}

fn number(call: &Call) -> u32 {
    call.start.call
}

/// Whether a call got this message as its prompt.
fn is_for(call: &Call, message: &str) -> bool {
    let prompts = call.prompts();
    prompts.iter().any(|prompt| is_prompt_of(message, prompt))
}
