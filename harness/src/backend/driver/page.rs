//! The same steps by hands and eyes, in a browser on the reference backend's page.

use super::history::percent_encode;
use super::open::Line;
use super::{Driver, OpenChat};
use crate::backend::Browser;
use crate::backend::browser::Trouble;
use crate::scenario::Until;
use crate::timeline::{Answer, ChatEnd, ChatSeen, Frame, HistorySeen};
use serde_json::{Value, json};
use std::path::Path;
use std::rc::Rc;

/// What a chat has come to: at its end, or once it shows so many texts.
const TURN: &str = "
    const { dataset } = document.body;
    const asked = document.querySelector(`.message[data-request=\"${dataset.request}\"]`);
    const texts = [];
    for (let next = asked; next; next = next.nextElementSibling)
        if (next.dataset.role === 'assistant') texts.push(next.textContent);
    const open = dataset.turn === 'open';
    if (open && texts.length < given[0]) return null;
    return { ...dataset, texts, error: document.querySelector('#error').textContent };
";
const PROJECTS: &str = "
    const list = document.querySelector('#projects');
    return list?.dataset.status && { status: list.dataset.status,
        all: [...list.querySelectorAll('[data-path]')].map(({ dataset }) => dataset.path) };
";
const CONVERSATIONS: &str = "
    const list = document.querySelector('#conversations');
    return list.dataset.status && { status: list.dataset.status,
        all: [...list.querySelectorAll('[data-session]')].map(({ dataset }) => dataset.session) };
";
const CONVERSATION: &str = "
    const pane = document.querySelector('#messages');
    return pane.dataset.status && { ...pane.dataset };
";

impl Driver<'_> {
    /// Types the message and sends it, in a new conversation where it goes on with none.
    pub(super) async fn type_message(
        &self,
        browser: &Rc<Browser>,
        mut chat: OpenChat,
        until: Option<&Until>,
    ) -> OpenChat {
        let sending = async {
            let (directory, fresh) = (&chat.seen.directory, chat.seen.session.is_none());
            let shown = browser.shown.borrow().clone();
            if shown
                .as_ref()
                .is_none_or(|shown| fresh && shown != directory)
            {
                self.open_page(browser, directory).await?;
            } else if fresh {
                browser.click("#new").await?;
            }
            browser.type_into("#prompt", &chat.seen.message).await?;
            browser.click("#send").await
        };
        let sent = self.watch.until("a message in the page", sending).await;
        match sent {
            Err(hang) => chat.seen.end = ChatEnd::Hung(hang),
            Ok(Err(error)) => chat.seen.end = ChatEnd::Refused(error.to_string()),
            Ok(Ok(())) => {
                chat.line = Line::Page(Rc::clone(browser));
                self.watch_page(&mut chat, until).await;
            }
        }
        chat
    }

    /// Looks at the page, text by text, until the answer is over, or shows what the step waits for.
    pub(super) async fn watch_page(&self, chat: &mut OpenChat, until: Option<&Until>) {
        while let Line::Page(browser) = &chat.line {
            let more = chat.seen.frames.len() + 1;
            let seen = browser.when(TURN, vec![json!(more)]);
            match self.watch.until("the answer in the page", seen).await {
                Err(hang) => {
                    chat.seen.end = ChatEnd::Hung(hang);
                    return;
                }
                Ok(Err(error)) => {
                    chat.seen.end = ChatEnd::Refused(error.to_string());
                    chat.line = Line::Over;
                }
                Ok(Ok(turn)) => {
                    chat.seen.take_turn(&turn);
                    let shown = chat.seen.frames.len();
                    if chat.seen.end != ChatEnd::Open {
                        chat.line = Line::Over;
                    } else if until.is_some_and(|until| until.holds("assistant", shown)) {
                        return;
                    }
                }
            }
        }
    }

    /// Presses the button, and sees what the page says of it.
    pub(super) async fn press_stop(&self, browser: &Browser) -> Answer {
        let pressed = async {
            browser.click("#stop").await?;
            let answer = "return document.body.dataset.stop";
            browser.when(answer, Vec::new()).await
        };
        self.watch.begin();
        match self.watch.until("a stop in the page", pressed).await {
            Ok(Ok(status)) => answer_of(&status),
            Ok(Err(error)) => Answer::Failed(error.to_string()),
            Err(hang) => Answer::Hung(hang),
        }
    }

    /// Opens the window, and in it the project and its newest conversation.
    pub(super) async fn history_in_page(
        &self,
        browser: &Browser,
        project: &Path,
        on_disk: usize,
    ) -> (HistorySeen, Option<String>) {
        let unseen = Answer::Failed("the page shows none".to_owned());
        let mut seen = HistorySeen::begun(unseen, on_disk);
        self.watch.begin();
        let opening = self.open_history_page(browser, project, &mut seen);
        let stuck = match self.watch.until("the history in the page", opening).await {
            Ok(Ok(newest)) => return (seen, newest),
            Ok(Err(error)) => Answer::Failed(error.to_string()),
            Err(hang) => Answer::Hung(hang),
        };
        // Where it came to a stop.
        if !seen.project_listed {
            seen.projects = stuck;
        } else if seen.histories.is_none() {
            seen.histories = Some(stuck);
        } else {
            seen.conversation = Some(stuck);
        }
        (seen, None)
    }

    async fn open_history_page(
        &self,
        browser: &Browser,
        project: &Path,
        seen: &mut HistorySeen,
    ) -> Result<Option<String>, Trouble> {
        self.open_page(browser, project).await?;
        let listed = browser.when(PROJECTS, Vec::new()).await?;
        seen.projects = answer_of(&listed["status"]);
        let projects = texts(&listed["all"]);
        seen.listed = projects.len();
        // The app compares paths as strings.
        let mine = project.to_string_lossy();
        seen.project_listed = projects.contains(&&*mine);
        if !seen.project_listed {
            return Ok(None);
        }
        browser.click(&selector("data-path", &mine)).await?;
        let listed = browser.when(CONVERSATIONS, Vec::new()).await?;
        seen.histories = Some(answer_of(&listed["status"]));
        let conversations = texts(&listed["all"]);
        seen.conversations = conversations.len();
        let Some(newest) = conversations.first() else {
            return Ok(None);
        };
        browser.click(&selector("data-session", newest)).await?;
        let shown = browser.when(CONVERSATION, Vec::new()).await?;
        seen.conversation = Some(answer_of(&shown["status"]));
        let number = |name: &str| shown[name].as_str().and_then(|it| it.parse().ok());
        seen.messages = number("entries").unwrap_or_default();
        seen.shown = number("shown").unwrap_or_default();
        Ok(Some((*newest).to_owned()))
    }

    async fn open_page(&self, browser: &Browser, directory: &Path) -> Result<(), Trouble> {
        let host = self.http.host();
        let encoded = percent_encode(&directory.to_string_lossy());
        browser
            .open(&format!("http://{host}/?directory={encoded}"))
            .await?;
        browser.shown.replace(Some(directory.to_owned()));
        Ok(())
    }
}

impl ChatSeen {
    /// What the page shows of it.
    fn take_turn(&mut self, turn: &Value) {
        let text = |name: &str| turn[name].as_str().unwrap_or_default().to_owned();
        self.status = text("status").parse().ok();
        self.content_type = Some("in the page".to_owned());
        self.given_session = turn["session"].as_str().map(str::to_owned);
        let shown = texts(&turn["texts"]).into_iter();
        self.frames = shown.map(|it| Frame::Text(it.to_owned())).collect();
        let error = text("error");
        self.end = match text("turn").as_str() {
            "open" => ChatEnd::Open,
            "refused" => ChatEnd::Refused(error),
            _ if !error.is_empty() => ChatEnd::Error(error),
            "done" => ChatEnd::Done,
            _ => ChatEnd::CutOff,
        };
        self.ended_in_order = !matches!(self.end, ChatEnd::Open | ChatEnd::CutOff);
    }
}

/// A selector for an attribute with this value.
fn selector(attribute: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("[{attribute}=\"{value}\"]")
}

fn texts(list: &Value) -> Vec<&str> {
    let all = list.as_array().into_iter().flatten();
    all.filter_map(Value::as_str).collect()
}

/// An answer that the page has got, by the status that it wrote down; `0` where there was none.
fn answer_of(status: &Value) -> Answer {
    let status = status.as_str().and_then(|it| it.parse().ok());
    match status.unwrap_or_default() {
        0 => Answer::Failed("the page got no answer".to_owned()),
        status => Answer::Came {
            status,
            body: Value::Null,
        },
    }
}
