//! Sending messages and reading answers.

use super::Steps;
use super::together::together;
use crate::backend::{Message, OpenChat};
use crate::scenario::{Chat, ChatSession, Reading};
use crate::timeline::{ChatEnd, StepSeen, UnreadSeen};

impl Steps<'_> {
    /// What is sent for a chat of the scenario.
    pub(super) fn message(&mut self, chat: &Chat) -> Message {
        let before = self.sent.len();
        self.sent.push(chat.message.clone());
        let stage = self.run.stage;
        Message {
            number: self.sent.len(),
            text: chat.message.clone(),
            session: match chat.session {
                ChatSession::New => None,
                ChatSession::Previous => self.previous.clone(),
                ChatSession::Opened => self.opened.clone(),
            },
            goes_on: chat.session != ChatSession::New,
            follows: (chat.session == ChatSession::Previous).then_some(before),
            directory: match &chat.directory {
                Some(below) => stage.home.join(below),
                None => stage.project.clone(),
            },
            permission_mode: chat.permission_mode.clone(),
            allowed_tools: chat.allowed_tools.clone(),
            until: chat.until.clone(),
            reading: chat.reading,
        }
    }

    pub(super) async fn chat(&mut self, chat: &Chat) {
        let message = self.message(chat);
        let open = self.driver.chat(message).await;
        let number = open.seen.number;
        let is_open = open.is_open();
        self.keep(open);
        if chat.reading == Reading::Never && is_open {
            let over = self.cli_ended(&chat.message);
            let cli_ended = self.driver.watch().rest(over).await;
            self.seen.push(StepSeen::Unread(UnreadSeen {
                chat: number,
                cli_ended,
            }));
        }
    }

    /// Sends a message again and again, as long as it is answered.
    pub(super) async fn repeat(&mut self, times: u32, chat: &Chat) {
        self.seen.push(StepSeen::Repeat {
            first: self.sent.len() + 1,
            times,
        });
        for _ in 0..times {
            self.chat(chat).await;
            self.sample_chat().await;
            if self
                .last_chat()
                .is_some_and(|chat| chat.end != ChatEnd::Done)
            {
                return;
            }
        }
    }

    pub(super) async fn together(&mut self, chats: &[Chat]) {
        let messages: Vec<Message> = chats.iter().map(|chat| self.message(chat)).collect();
        let numbers = messages.iter().map(|message| message.number).collect();
        self.seen.push(StepSeen::Together(numbers));
        let chats = messages.into_iter().map(|message| {
            let driver = self.driver.beside();
            async move { driver.chat(message).await }
        });
        for chat in together(chats).await {
            self.keep(chat);
        }
    }

    pub(super) async fn read_on(&mut self) {
        let Some(mut chat) = self.open.pop() else {
            return;
        };
        self.driver.watch().begin();
        self.driver.read(&mut chat, None).await;
        self.keep(chat);
    }

    /// Keeps a chat: open, or over.
    pub(super) fn keep(&mut self, chat: OpenChat) {
        self.previous = chat.seen.session_id().or(self.previous.take());
        if chat.is_open() {
            self.open.push(chat);
        } else {
            self.seen.push(StepSeen::Chat(chat.seen));
        }
    }
}
