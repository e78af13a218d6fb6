//! Everything that comes in from outside, in the order in which it came.

use super::Signals;
use crate::ledger::{Event, Ledger};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// What came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// A line of stdin without its line end, or a piece of it where it is text.
    Input(Vec<u8>),
    /// stdin reached its end.
    End,
    /// SIGINT.
    Interrupt,
    /// SIGTERM or SIGHUP, after the commands that ran were killed.
    Terminate {
        /// The exit code.
        code: i32,
    },
    /// A command has ended.
    Tool {
        /// Its number.
        job: u64,
        /// Its exit code; 128 and more for a signal.
        code: i32,
    },
    /// A hook's command has ended, and nobody holds its output any more.
    Hook {
        /// Its number.
        run: u64,
        /// What it came to.
        end: HookEnd,
    },
    /// Something of an MCP server.
    Server {
        /// The number of the connection.
        link: u64,
        /// What it is.
        news: ServerNews,
    },
}

/// What comes of a connection to an MCP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerNews {
    /// A message.
    Message(serde_json::Value),
    /// Nothing comes any more; why, where that is known.
    Closed(Option<String>),
}

/// What a hook's command came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HookEnd {
    /// Its exit code; None where a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it wrote to stdout.
    pub(crate) stdout: String,
    /// What it wrote to stderr.
    pub(crate) stderr: String,
}

impl HookEnd {
    /// One that could not be started.
    pub(crate) fn failed(error: &std::io::Error) -> HookEnd {
        HookEnd {
            stderr: error.to_string(),
            ..HookEnd::default()
        }
    }
}

/// Where it is taken from. It notes in the ledger what the process waits for, and heeds signals before it does.
#[derive(Debug)]
pub(crate) struct Inbox {
    sender: Sender<Arrival>,
    receiver: Receiver<Arrival>,
    ledger: Ledger,
    /// What came on stdin while nobody listened to it.
    aside: RefCell<VecDeque<Arrival>>,
    signals: Signals,
}

impl Inbox {
    pub(crate) fn new(ledger: Ledger) -> Self {
        let (sender, receiver) = channel();
        Inbox {
            sender,
            receiver,
            ledger,
            aside: RefCell::default(),
            signals: Signals::default(),
        }
    }

    /// The same for a process that has caught these.
    pub(crate) fn with_signals(self, signals: Signals) -> Self {
        Inbox { signals, ..self }
    }

    /// The signals that are heeded before anything waits.
    pub(crate) fn signals(&self) -> &Signals {
        &self.signals
    }

    /// A way in for the threads that read and listen.
    pub(crate) fn sender(&self) -> Sender<Arrival> {
        self.sender.clone()
    }

    /// What is there already.
    pub(crate) fn now(&self) -> Option<Arrival> {
        let aside = self.aside.borrow_mut().pop_front();
        aside.or_else(|| self.receiver.try_recv().ok())
    }

    /// The next arrival within `limit` (None: however long it takes). `on` says what is waited for; a wait with a
    /// limit ends by itself, so it is a timer, whatever else would end it.
    pub(crate) fn wait(&self, on: &str, limit: Option<Duration>) -> Option<Arrival> {
        if let Some(arrival) = self.now() {
            return Some(arrival);
        }
        if limit == Some(Duration::ZERO) {
            return None;
        }
        let on = if limit.is_some() { "timer" } else { on };
        self.ledger.note(Event::Waiting { on: on.into() });
        let arrival = self.quiet_wait(limit);
        self.ledger.note(Event::Resumed);
        arrival
    }

    /// A pause in which nothing is taken in; it is noted as a timer.
    pub(crate) fn sleep(&self, length: Duration) {
        if length.is_zero() {
            return;
        }
        self.signals.heed();
        self.ledger.note(Event::Waiting { on: "timer".into() });
        std::thread::sleep(length);
        self.ledger.note(Event::Resumed);
    }

    /// For ever: only a signal ends it.
    pub(crate) fn hang(&self) -> ! {
        self.signals.heed();
        self.ledger.note(Event::Waiting { on: "hang".into() });
        loop {
            std::thread::park();
        }
    }

    /// The same, without a note: the caller has made it.
    pub(crate) fn quiet_wait(&self, limit: Option<Duration>) -> Option<Arrival> {
        let aside = self.aside.borrow_mut().pop_front();
        if aside.is_some() {
            return aside;
        }
        self.take(limit)
    }

    /// The next arrival that did not come on stdin; what came there is kept for later.
    pub(crate) fn wait_for_own(&self, limit: Option<Duration>) -> Option<Arrival> {
        let until = limit.map(|limit| Instant::now() + limit);
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            match self.take(left)? {
                input @ (Arrival::Input(_) | Arrival::End) => {
                    self.aside.borrow_mut().push_back(input);
                }
                arrival => return Some(arrival),
            }
        }
    }

    fn take(&self, limit: Option<Duration>) -> Option<Arrival> {
        self.signals.heed();
        match limit {
            Some(limit) => self.receiver.recv_timeout(limit).ok(),
            // This end holds a sender too, so the channel is never closed.
            None => self.receiver.recv().ok(),
        }
    }
}
