//! Speaks a backend's HTTP API to it, as its app does.

mod history;
mod open;
mod page;

pub use open::OpenChat;

use super::api::request;
use super::http::Window;
use super::socket::{Came, Socket};
use super::{Abort, Api, Body, Browser, Http, HttpError, Watch};
use crate::scenario::{Reading, Until};
use crate::timeline::{Answer, ChatEnd, ChatSeen, LookedFor};
use open::Line;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The pause of a slow client after each piece.
const PAUSE: Duration = Duration::from_millis(2);
/// After so many pauses the slow client has shown what it can show, and reads on without.
const MOST_PAUSES: usize = 500;
/// How soon an app asks again that found nobody on the port.
const AGAIN: Duration = Duration::from_millis(5);

/// Speaks to one backend.
pub struct Driver<'s> {
    http: Http,
    api: Rc<Api>,
    watch: Watch<'s>,
    sockets: Sockets,
    /// What the user sits at, where it is a page.
    browser: Option<Rc<Browser>>,
}

/// WebSockets between two messages, by the chat that they last had.
type Sockets = Rc<RefCell<BTreeMap<usize, Box<Socket>>>>;

/// A message to send.
#[derive(Debug)]
pub struct Message {
    /// Its number in the run, from 1.
    pub number: usize,
    /// The text.
    pub text: String,
    /// The session that it belongs to.
    pub session: Option<String>,
    /// The chat whose conversation it goes on with, by its number.
    pub follows: Option<usize>,
    /// It is to go on with a conversation.
    pub goes_on: bool,
    /// The working directory.
    pub directory: PathBuf,
    /// The permission mode that the app asks for.
    pub permission_mode: Option<String>,
    /// Tools that are allowed without asking.
    pub allowed_tools: Vec<String>,
    /// Leave the chat open once this arrived.
    pub until: Option<Until>,
    /// How the answer is read.
    pub reading: Reading,
}

impl<'s> Driver<'s> {
    /// A driver for the backend behind this client.
    pub fn new(http: Http, api: Rc<Api>, watch: Watch<'s>) -> Self {
        Self {
            http,
            api,
            watch,
            sockets: Sockets::default(),
            browser: None,
        }
    }

    /// A driver whose user sits at the backend's page.
    #[must_use]
    pub fn in_browser(mut self, browser: Option<Rc<Browser>>) -> Self {
        self.browser = browser;
        self
    }

    /// What the user sees, as a PNG.
    pub async fn screenshot(&self) -> Option<Vec<u8>> {
        match &self.browser {
            Some(browser) if browser.shown.borrow().is_some() => browser.screenshot().await,
            _ => None,
        }
    }

    /// A driver for the same backend, whose turns have budgets of their own.
    pub fn beside(&self) -> Self {
        Self {
            sockets: Rc::clone(&self.sockets),
            browser: self.browser.clone(),
            ..Self::new(self.http.clone(), Rc::clone(&self.api), self.watch.beside())
        }
    }

    /// A driver for a backend on another port.
    pub fn on(&self, port: u16) -> Self {
        if let Some(browser) = &self.browser {
            browser.forget();
        }
        let driver = Self::new(
            self.http.on(port),
            Rc::clone(&self.api),
            self.watch.beside(),
        );
        driver.in_browser(self.browser.clone())
    }

    /// What the backend's API looks like.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The client.
    pub fn http(&self) -> Http {
        self.http.clone()
    }

    /// Who watches the run meanwhile.
    pub fn watch(&self) -> &Watch<'s> {
        &self.watch
    }

    /// Sends a message and reads the answer to its end, or until the step leaves it open.
    pub async fn chat(&self, message: Message) -> OpenChat {
        let (chat, request) = self.request(&message);
        self.watch.begin();
        if let Some(browser) = &self.browser {
            return self
                .type_message(browser, chat, message.until.as_ref())
                .await;
        }
        let sending = self.send(&message, &request);
        let sent = self.watch.until(&self.posting(), sending).await;
        let until = message.until;
        self.sent(chat, sent, until.as_ref()).await
    }

    /// Sends a message to a backend that may not be there yet, as long as it may still come; `tried` gets a permit after
    /// the first attempt. Also gives what that met, where nobody took it.
    pub async fn chat_early(
        &self,
        message: Message,
        tried: &Semaphore,
        may_come: impl Fn() -> bool,
    ) -> (OpenChat, Option<String>) {
        let (chat, request) = self.request(&message);
        let mut first = None;
        let mut untold = Some(tried);
        let sent = loop {
            let attempt = self.send(&message, &request).await;
            if let Some(tried) = untold.take() {
                tried.add_permits(1);
            }
            match attempt {
                Err(error @ HttpError::Connect(_)) => {
                    first.get_or_insert_with(|| error.to_string());
                    if !may_come() {
                        break Err(error);
                    }
                    tokio::time::sleep(AGAIN).await;
                }
                other => break other,
            }
        };
        self.watch.begin();
        let until = message.until;
        (self.sent(chat, Ok(sent), until.as_ref()).await, first)
    }

    /// Sends a message: by a request, or on the socket of its conversation, which is opened where there is none.
    async fn send(&self, message: &Message, request: &Value) -> Result<Line, HttpError> {
        let (path, window) = (&self.api.chat, window(message.reading));
        if !self.api.is_socket() {
            let sent = self.http.begin(path, Some(request), window).await?;
            return Ok(Line::Sent(sent));
        }
        let mut idle = std::mem::take(&mut *self.sockets.borrow_mut());
        let mut mine = message.follows.and_then(|chat| idle.remove(&chat));
        // The window shows one conversation at a time.
        for other in idle.into_values() {
            other.close().await;
        }
        let open = mine.as_mut().is_some_and(|socket| socket.is_open());
        let mut socket = match mine.filter(|_| open) {
            Some(socket) => socket,
            None => {
                let mut socket = Socket::open(&self.http, path, window).await?;
                for hello in &self.api.hello {
                    socket.send(&self.filled(hello, message)).await?;
                }
                Box::new(socket)
            }
        };
        socket.send(request).await?;
        Ok(Line::Socket(socket))
    }

    async fn sent(
        &self,
        mut chat: OpenChat,
        sent: Result<Result<Line, HttpError>, Box<crate::timeline::Hang>>,
        until: Option<&Until>,
    ) -> OpenChat {
        match sent {
            Err(hang) => chat.seen.end = ChatEnd::Hung(hang),
            Ok(Err(error)) => {
                if let HttpError::NoSocket(status, _) = error {
                    chat.seen.status = Some(status);
                }
                chat.seen.end = ChatEnd::Refused(error.to_string());
            }
            Ok(Ok(mut line)) => {
                let unread = matches!(chat.reading, Reading::Later | Reading::Never);
                match &mut line {
                    Line::Sent(sent) if unread => {
                        // A request that the system does not take is seen when the answer is read.
                        let handed_over = sent.handed_over();
                        let _ = self.watch.until(&self.posting(), handed_over).await;
                    }
                    Line::Socket(_) => {
                        // Switching Protocols.
                        chat.seen.status = Some(101);
                        chat.seen.content_type = Some("WebSocket".to_owned());
                    }
                    _ => {}
                }
                chat.line = line;
                if !unread {
                    self.read(&mut chat, until).await;
                }
            }
        }
        chat
    }

    /// Takes the head of the answer; false where there is no stream to read.
    async fn head(&self, chat: &mut OpenChat) -> bool {
        let sent = match std::mem::replace(&mut chat.line, Line::Over) {
            Line::Sent(sent) => sent,
            other => {
                chat.line = other;
                return true;
            }
        };
        match self.watch.until(&self.posting(), sent.head()).await {
            Err(hang) => chat.seen.end = ChatEnd::Hung(hang),
            Ok(Err(error)) => chat.seen.end = ChatEnd::Refused(error.to_string()),
            Ok(Ok(body)) => {
                chat.seen.status = Some(body.status);
                chat.seen.content_type = Some(body.content_type.clone());
                if body.status == 200 {
                    chat.line = Line::Answer(body);
                    return true;
                }
                let status = body.status;
                let text = self.whole(body).await;
                chat.seen.end = ChatEnd::Refused(format!("{status} {text}"));
            }
        }
        false
    }

    async fn whole(&self, body: Body) -> String {
        match self.watch.until("the body of an error", body.read()).await {
            Ok(Ok(text)) => text.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "(the body never came)".to_owned(),
        }
    }

    /// Reads an open chat on: to its end, or until what the step waits for. A chat that hangs stays connected, because
    /// hanging up may be what ends the CLI behind it.
    pub async fn read(&self, chat: &mut OpenChat, until: Option<&Until>) {
        if matches!(chat.line, Line::Over) {
            return;
        }
        chat.seen.end = ChatEnd::Open;
        if !self.head(chat).await {
            return;
        }
        match chat.line {
            Line::Socket(_) => return self.read_socket(chat, until).await,
            Line::Page(_) => return self.watch_page(chat, until).await,
            _ => {}
        }
        let mut pauses = 0;
        while let Line::Answer(body) = &mut chat.line {
            match self
                .watch
                .until(&format!("the answer to {}", self.posting()), body.chunk())
                .await
            {
                Err(hang) => {
                    self.watch.last_frame(chat.last_frame());
                    chat.seen.end = ChatEnd::Hung(hang);
                    return;
                }
                Ok(Ok(Some(bytes))) => {
                    if chat.read(&bytes, until) {
                        return;
                    }
                    // Outside of what is awaited: the client's own pauses use up nobody's budget.
                    if chat.reading == Reading::Slowly && pauses < MOST_PAUSES {
                        pauses += 1;
                        tokio::time::sleep(PAUSE).await;
                    }
                }
                Ok(Ok(None)) => {
                    chat.line = Line::Over;
                    chat.finish();
                }
                Ok(Err(_)) => {
                    chat.line = Line::Over;
                    if chat.seen.end == ChatEnd::Open {
                        chat.seen.end = ChatEnd::CutOff;
                    }
                }
            }
        }
    }

    /// Reads the messages of a socket up to the end of this chat; then the socket waits for the next message.
    async fn read_socket(&self, chat: &mut OpenChat, until: Option<&Until>) {
        let waiting = format!("the answer on {}", self.posting());
        let mut pauses = 0;
        while let Line::Socket(socket) = &mut chat.line {
            let came = match self.watch.until(&waiting, socket.next()).await {
                Err(hang) => {
                    self.watch.last_frame(chat.last_frame());
                    chat.seen.end = ChatEnd::Hung(hang);
                    return;
                }
                Ok(came) => came,
            };
            let Came::Text(text) = came else {
                chat.line = Line::Over;
                if came == Came::Closed {
                    chat.finish();
                } else if chat.seen.end == ChatEnd::Open {
                    chat.seen.end = ChatEnd::CutOff;
                }
                return;
            };
            if chat.take(&text, None, until) {
                return;
            }
            if chat.seen.end != ChatEnd::Open {
                chat.seen.ended_in_order = true;
                if let Line::Socket(socket) = std::mem::replace(&mut chat.line, Line::Over) {
                    self.sockets.borrow_mut().insert(chat.seen.number, socket);
                }
            } else if chat.reading == Reading::Slowly && pauses < MOST_PAUSES {
                pauses += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Stops a chat as the app's button does.
    pub async fn abort(&self, chat: &mut OpenChat) -> Answer {
        if let Some(browser) = &self.browser {
            return self.press_stop(browser).await;
        }
        let id = request_id(chat.seen.number);
        match (&self.api.abort, &mut chat.line) {
            (None, _) => Answer::Failed("the backend file names no `abort`".to_owned()),
            (Some(Abort::Post(path)), _) => {
                let session = chat.seen.session_id().unwrap_or_default();
                let path = path
                    .replace("{request}", &id)
                    .replace("{session}", &session);
                let request = self.http.post(&path, None);
                self.answer(&format!("POST {path}"), request).await
            }
            (Some(Abort::Send(template)), Line::Socket(socket)) => {
                let seen = &chat.seen;
                let message = request(template, |name| match name {
                    "request" => Some(id.clone().into()),
                    "session" => seen.session_id().map(Value::from),
                    _ => None,
                });
                self.watch.begin();
                match self
                    .watch
                    .until("a stop on the WebSocket", socket.send(&message))
                    .await
                {
                    Ok(Ok(())) => Answer::Sent,
                    Ok(Err(error)) => Answer::Failed(error.to_string()),
                    Err(hang) => Answer::Hung(hang),
                }
            }
            (Some(Abort::Disconnect), _) => {
                chat.hang_up(false).await;
                chat.seen.end = ChatEnd::Aborted;
                Answer::Sent
            }
            (Some(Abort::Send(_)), _) => Answer::Failed("the WebSocket is closed".to_owned()),
        }
    }

    /// Asks whether the backend is well.
    pub async fn health(&self) -> Answer {
        let path = self.api.health.as_ref().unwrap_or(&self.api.ready);
        self.get(path).await
    }

    fn posting(&self) -> String {
        let way = if self.api.is_socket() {
            "WebSocket"
        } else {
            "POST"
        };
        format!("{way} {}", self.api.chat)
    }

    /// A message as the app sends it, and the chat that begins with it.
    fn request(&self, message: &Message) -> (OpenChat, Value) {
        let request = self.filled(&self.api.body, message);
        let mut seen = ChatSeen::begun(
            message.number,
            message.text.clone(),
            message.session.clone(),
            message.directory.clone(),
        );
        seen.lost_session = message.goes_on && message.session.is_none() && !self.api.is_socket();
        seen.only_text = self.api.message.is_empty() || self.browser.is_some();
        seen.asked = self.posting();
        let list = |all: Vec<String>| (!all.is_empty()).then(|| all.join(", "));
        seen.looked_for = LookedFor {
            answer: self.api.places(),
            session: list(self.api.session.iter().map(ToString::to_string).collect()),
            end: list(self.api.end.iter().map(ToString::to_string).collect()),
            mapped: self.api.mapped,
            hosted: self.api.hosted,
        };
        let chat = OpenChat::new(seen, message.reading, Rc::clone(&self.api));
        (chat, request)
    }

    /// A template with what is sent of a message.
    fn filled(&self, template: &Value, message: &Message) -> Value {
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let tools = &message.allowed_tools;
        request(template, |name| match name {
            "message" => Some(message.text.clone().into()),
            "request" => Some(request_id(message.number).into()),
            "directory" => Some(json!(message.directory)),
            "session" => text(&message.session),
            "permission-mode" => text(&message.permission_mode),
            _ => (!tools.is_empty()).then(|| json!(tools)),
        })
    }

    async fn get(&self, path: &str) -> Answer {
        self.answer(&format!("GET {path}"), self.http.get(path))
            .await
    }

    async fn answer(
        &self,
        what: &str,
        request: impl Future<Output = Result<Body, HttpError>>,
    ) -> Answer {
        self.watch.begin();
        let whole = async {
            let body = request.await?;
            let status = body.status;
            Ok::<_, HttpError>((status, body.read().await?))
        };
        match self.watch.until(what, whole).await {
            Ok(Ok((status, body))) => Answer::Came { status, body },
            Ok(Err(error)) => Answer::Failed(error.to_string()),
            Err(hang) => Answer::Hung(hang),
        }
    }
}

fn window(reading: Reading) -> Window {
    match reading {
        Reading::All | Reading::Later => Window::Large,
        Reading::Slowly | Reading::Never => Window::Small,
    }
}

fn request_id(number: usize) -> String {
    format!("request-{number}")
}
