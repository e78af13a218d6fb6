//! The backend's own log: lines on stdout that can neither block nor end it.

use std::io::Write as _;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

/// So many lines wait for a reader of stdout before new ones are dropped.
const WAITING: usize = 1024;

/// How long the end of the process waits for the last lines to go out.
const LAST_WORDS: Duration = Duration::from_millis(500);

enum Item {
    Line(String),
    Flush(SyncSender<()>),
}

/// Writes lines to stdout from a thread of its own.
///
/// An app often stops reading its server's output, or dies and leaves the server behind. A full pipe would
/// then block the event loop, and EPIPE has killed real backends; here such lines are lost and nothing else.
#[derive(Clone)]
pub(super) struct Log(SyncSender<Item>);

impl Log {
    pub(super) fn start() -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        std::thread::spawn(move || write_out(&receiver));
        Self(sender)
    }

    /// One line, without its line end; line ends within it become spaces, so that one event stays one line.
    pub(super) fn line(&self, text: impl AsRef<str>) {
        let text = text.as_ref().replace(['\n', '\r'], " ");
        match self.0.try_send(Item::Line(text)) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }

    /// Waits, not for long, until everything so far is written.
    pub(super) fn flush(&self) {
        let (done, written) = sync_channel(1);
        if self.0.try_send(Item::Flush(done)).is_ok() {
            let _ = written.recv_timeout(LAST_WORDS);
        }
    }
}

fn write_out(items: &Receiver<Item>) {
    let mut stdout = std::io::stdout();
    for item in items {
        match item {
            // One write a line, so that lines of several processes on one pipe do not mix.
            Item::Line(text) => {
                let _ = stdout.write_all(format!("{text}\n").as_bytes());
                let _ = stdout.flush();
            }
            Item::Flush(done) => {
                let _ = done.send(());
            }
        }
    }
}
