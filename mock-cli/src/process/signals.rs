//! Signals (PROTOCOL 9.1).

use super::ending::GRACE;
use super::{Arrival, EX_SCRIPT, Ending, complain};
use crate::ledger::{Event, Ledger};
use crate::profile::Behaviour;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator;
use signal_hook::low_level::emulate_default_handler;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::thread;

/// How long the engine has for its last line, once the commands have ended.
const LAST_WORD: std::time::Duration = std::time::Duration::from_millis(500);

/// Signals that are caught, and [heeded](Signals::heed) before anything waits. A call that ends at once needs no thread
/// for them then, and any other has its first line out before it starts one. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals(Rc<RefCell<Option<Listener>>>);

#[derive(Debug)]
struct Listener {
    signals: iterator::Signals,
    handles_sighup: bool,
    deaf: bool,
    inbox: Sender<Arrival>,
    ledger: Ledger,
    ending: Ending,
}

impl Signals {
    /// Catches the signals that the CLI has handlers for.
    pub(crate) fn catch(
        behaviour: &Behaviour,
        inbox: Sender<Arrival>,
        ledger: Ledger,
        ending: Ending,
        deaf: bool,
    ) -> io::Result<Signals> {
        let listener = Listener {
            signals: iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?,
            handles_sighup: behaviour.handles_sighup,
            deaf,
            inbox,
            ledger,
            ending,
        };
        Ok(Signals(Rc::new(RefCell::new(Some(listener)))))
    }

    /// Whether somebody listens.
    pub(crate) fn are_heeded(&self) -> bool {
        self.0.borrow().is_none()
    }

    /// Heeds signals from now on, as the version does: SIGTERM (and SIGHUP where it has a handler) ends the process from
    /// a thread of its own (unless it is `deaf`), also while the engine is stuck in a write to a reader that does not
    /// read; SIGINT goes to the engine. What came before is heeded now.
    pub(crate) fn heed(&self) {
        let Some(listener) = self.0.take() else {
            return;
        };
        let ending = listener.ending.clone();
        let thread = thread::Builder::new().name("signals".into());
        if let Err(error) = thread.spawn(move || listener.listen()) {
            complain(&format!(
                "mock-claude: failed to listen for signals: {error}\n"
            ));
            ending.exit(Event::Exit { code: EX_SCRIPT }, EX_SCRIPT);
        }
    }
}

impl Listener {
    fn listen(mut self) {
        for signal in &mut self.signals {
            // Also under `nohup`: a runtime takes back what its parent had it ignore.
            if signal == SIGHUP && !self.handles_sighup && !self.deaf {
                let _ = emulate_default_handler(SIGHUP);
            }
            let name = match signal {
                SIGINT => "SIGINT",
                SIGHUP => "SIGHUP",
                _ => "SIGTERM",
            };
            self.ledger.note(Event::Signal { name: name.into() });
            if signal == SIGINT {
                // The engine is gone only when the process is.
                let _ = self.inbox.send(Arrival::Interrupt);
                continue;
            }
            if self.deaf {
                continue;
            }
            let code = 128 + signal;
            // What a killed command comes to is still told, by the engine.
            if self.ending.has_commands() && self.inbox.send(Arrival::Terminate { code }).is_ok() {
                self.ending.kill_all();
                thread::park_timeout(GRACE + LAST_WORD);
            }
            self.ending.tidy();
            self.ending.exit(Event::Exit { code }, code);
        }
    }
}
