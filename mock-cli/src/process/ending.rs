//! The end of the process: whoever begins it first has the last word.

use crate::ledger::{Event, Ledger};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Clones share the one end.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    begun: Arc<AtomicBool>,
    ledger: Ledger,
}

impl Ending {
    pub(crate) fn new(ledger: Ledger) -> Self {
        Ending {
            begun: Arc::default(),
            ledger,
        }
    }

    /// Begins the end and notes it. Where another thread has begun it already this never returns: that thread
    /// is about to end the process, and a second exit code would be a lie.
    pub(crate) fn begin(&self, event: Event) {
        if self.begun.swap(true, Ordering::SeqCst) {
            loop {
                std::thread::park();
            }
        }
        self.ledger.note(event);
    }

    /// Ends the process from any thread.
    pub(crate) fn exit(&self, event: Event, code: i32) -> ! {
        self.begin(event);
        std::process::exit(code)
    }
}
