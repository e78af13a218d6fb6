//! Which calls of the CLI still run, and for whom.

use super::Steps;
use crate::timeline::{ChatSeen, is_prompt_of};
use mock_claude::ledger::{self, Call};
use std::collections::BTreeSet;
use std::time::Duration;

/// How often the processes are looked at meanwhile.
const LOOK: Duration = Duration::from_millis(20);

impl Steps<'_> {
    /// Waits until the CLI of a chat is gone, which nobody reads any more; false when its budget runs out first. Then
    /// that call is not waited for again.
    pub(super) async fn cli_gone(&mut self, chat: &ChatSeen) -> bool {
        let gone = async {
            while !self.running_for(chat).await.is_empty() {
                tokio::time::sleep(LOOK).await;
            }
        };
        if self.driver.watch().leave(gone).await {
            return true;
        }
        let running = self.running_for(chat).await;
        let is_gone = running.is_empty();
        self.left.extend(running);
        is_gone
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

    /// Running calls without those of chats that are still open: what runs for this chat, or for nobody.
    async fn running_for(&self, chat: &ChatSeen) -> Vec<u32> {
        let mut running = self.running().await;
        if chat.only_text {
            // One process a conversation, as agents for editors have it: it is told to stop, and waits for the next message.
            // A backend that passes the CLI's messages on has one a turn, and such a process was left behind.
            running.retain(|call| call.waiting() != Some("stdin") || call.taken().is_empty());
        }
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
        running.iter().map(number).collect()
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

fn number(call: &Call) -> u32 {
    call.start.call
}

/// Whether a call got this message as its prompt.
fn is_for(call: &Call, message: &str) -> bool {
    let prompts = call.prompts();
    prompts.iter().any(|prompt| is_prompt_of(message, prompt))
}
