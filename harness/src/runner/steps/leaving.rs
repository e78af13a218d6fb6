//! Going away from a chat, and stopping one.

use super::Steps;
use crate::backend::OpenChat;
use crate::timeline::{AbortSeen, ChatEnd, Leaving, LeftSeen, StepSeen};

impl Steps<'_> {
    pub(super) async fn disconnect(&mut self, reset: bool) {
        let Some(chat) = self.open.pop() else {
            return;
        };
        let mut seen = chat.disconnect(reset).await;
        let cli = self.cli_after(&seen).await;
        seen.cli = Some(cli);
        let left = LeftSeen {
            chat: seen.number,
            way: if reset {
                Leaving::Reset
            } else {
                Leaving::Close
            },
            end: None,
            cli,
        };
        self.seen.push(StepSeen::Chat(seen));
        self.seen.push(StepSeen::Left(left));
    }

    /// A client that sends no more has not gone: it reads on, and the backend may end the chat or go on with it.
    pub(super) async fn half_close(&mut self) {
        let Some(mut chat) = self.open.pop() else {
            return;
        };
        self.so_far(&chat);
        chat.half_close();
        self.driver.watch().begin();
        self.driver.read(&mut chat, None).await;
        let seen = chat.seen;
        let cli = self.cli_after(&seen).await;
        self.seen.push(StepSeen::Left(LeftSeen {
            chat: seen.number,
            way: Leaving::HalfClose,
            end: Some(seen.end),
            cli,
        }));
    }

    /// Stops the open chat; if it ended by itself before, there is nothing to stop, and that is what is seen.
    pub(super) async fn abort(&mut self) {
        let Some(mut chat) = self.open.pop() else {
            return;
        };
        let number = chat.seen.number;
        self.so_far(&chat);
        let answer = self.driver.abort(&mut chat).await;
        self.driver.read(&mut chat, None).await;
        let cli = self.cli_after(&chat.seen).await;
        let end = chat.seen.end;
        self.seen.push(StepSeen::Abort(AbortSeen {
            chat: number,
            answer,
            end,
            cli,
        }));
    }

    /// Goes away from every chat that is still open.
    pub(super) async fn leave(&mut self) {
        while !self.open.is_empty() {
            let chat = self.open.remove(0);
            let mut seen = chat.leave().await;
            seen.cli = Some(self.cli_after(&seen).await);
            self.seen.push(StepSeen::Chat(seen));
        }
    }

    /// Writes down what an open chat came to so far.
    pub(super) fn so_far(&mut self, chat: &OpenChat) {
        let mut seen = chat.seen.clone();
        seen.end = ChatEnd::Open;
        self.seen.push(StepSeen::Chat(seen));
    }
}
