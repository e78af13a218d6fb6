//! Signals (PROTOCOL 9.1).

use super::ending::GRACE;
use super::{Arrival, Ending};
use crate::ledger::{Event, Ledger};
use crate::profile::Behaviour;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::io;
use std::sync::mpsc::Sender;
use std::thread;

/// How long the engine has for its last line, once the commands have ended.
const LAST_WORD: std::time::Duration = std::time::Duration::from_millis(500);

/// Signals that are caught, and heeded as soon as somebody [listens](Caught::listen).
#[derive(Debug)]
pub(crate) struct Caught(Signals);

/// Catches the signals that the CLI has handlers for. That alone costs no thread: a call that ends at once needs none.
pub(crate) fn catch() -> io::Result<Caught> {
    Signals::new([SIGINT, SIGTERM, SIGHUP]).map(Caught)
}

impl Caught {
    /// Heeds signals as the version does: SIGTERM (and SIGHUP where it has a handler) ends the process from a thread
    /// of its own (unless it is `deaf`), also while the engine is stuck in a write to a reader that does not read;
    /// SIGINT goes to the engine.
    pub(crate) fn listen(
        self,
        behaviour: &Behaviour,
        inbox: Sender<Arrival>,
        ledger: Ledger,
        ending: Ending,
        deaf: bool,
    ) -> io::Result<()> {
        let handles_sighup = behaviour.handles_sighup;
        let Caught(mut signals) = self;
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                for signal in &mut signals {
                    // Also under `nohup`: a runtime takes back what its parent had it ignore.
                    if signal == SIGHUP && !handles_sighup && !deaf {
                        let _ = emulate_default_handler(SIGHUP);
                    }
                    let name = match signal {
                        SIGINT => "SIGINT",
                        SIGHUP => "SIGHUP",
                        _ => "SIGTERM",
                    };
                    ledger.note(Event::Signal { name: name.into() });
                    if signal == SIGINT {
                        // The engine is gone only when the process is.
                        let _ = inbox.send(Arrival::Interrupt);
                        continue;
                    }
                    if deaf {
                        continue;
                    }
                    let code = 128 + signal;
                    // What a killed command comes to is still told, by the engine.
                    if ending.has_commands() && inbox.send(Arrival::Terminate { code }).is_ok() {
                        ending.kill_all();
                        thread::park_timeout(GRACE + LAST_WORD);
                    }
                    ending.tidy();
                    ending.exit(Event::Exit { code }, code);
                }
            })?;
        Ok(())
    }
}
