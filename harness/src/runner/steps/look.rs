//! Opening the history, alone, with health checks meanwhile, and as a client that comes back.

use super::Steps;
use crate::runner::on_stage::{conversations, readable_messages, texts_on_disk};
use crate::timeline::{HealthMeanwhile, StepSeen};
use std::cell::Cell;

impl Steps<'_> {
    pub(super) async fn history(&mut self, health: bool) {
        let stage = self.run.stage;
        // Chats of this run lie there, too, though the CLI itself lists no project for a chat like those of an app.
        let on_disk = conversations(stage);
        let over = Cell::new(false);
        let history = async {
            let found = self.driver.open_history(&stage.project, on_disk).await;
            over.set(true);
            found
        };
        let (found, meanwhile) = if health {
            let (found, meanwhile) = tokio::join!(history, self.health_until(&over));
            (found, Some(meanwhile))
        } else {
            (history.await, None)
        };
        let (mut seen, newest) = found;
        if !seen.project_listed && self.run.conversations == 0 {
            seen.on_disk = 0;
        }
        if let Some(session) = &newest {
            seen.readable = readable_messages(stage, session);
        }
        self.opened = newest;
        self.seen.push(StepSeen::History(seen));
        self.seen.extend(meanwhile.map(StepSeen::HealthMeanwhile));
    }

    /// Asks one after the other. The last one may be answered after it is over: how long it had to wait is what matters.
    async fn health_until(&self, over: &Cell<bool>) -> HealthMeanwhile {
        let driver = self.driver.beside();
        let mut seen = HealthMeanwhile {
            answers: 0,
            failures: 0,
            longest_cpu_ms: 0,
            cpu_ms: 0,
        };
        let begun = self.run.supervisor.cpu().await;
        while !over.get() {
            let before = self.run.supervisor.cpu().await;
            let answer = driver.health().await;
            let now = self.run.supervisor.cpu().await;
            let used = now.saturating_sub(before);
            seen.cpu_ms = now.saturating_sub(begun);
            seen.longest_cpu_ms = seen.longest_cpu_ms.max(used);
            match answer.status() {
                Some(200) => seen.answers += usize::from(!over.get()),
                _ => {
                    seen.failures += 1;
                    break;
                }
            }
        }
        seen
    }

    pub(super) async fn reconnect(&mut self) {
        let Some(chat) = self.last_chat().cloned() else {
            return;
        };
        let project = &self.run.stage.project;
        let mut seen = self.driver.reconnect(&chat, project).await;
        if let Some(session) = &seen.session {
            seen.kept = texts_on_disk(self.run.stage, session);
        }
        seen.project_known = self.run.conversations > 0;
        self.seen.push(StepSeen::Reconnect(seen));
    }
}
