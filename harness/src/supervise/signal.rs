//! Signals by name.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A signal that a scenario may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Signal {
    /// `SIGHUP`: the terminal went away.
    Hup,
    /// `SIGINT`: Ctrl-C.
    Int,
    /// `SIGQUIT`.
    Quit,
    /// `SIGTERM`: the polite request to end.
    Term,
    /// `SIGKILL`: cannot be refused.
    Kill,
    /// `SIGUSR1`.
    Usr1,
    /// `SIGUSR2`.
    Usr2,
    /// `SIGPIPE`.
    Pipe,
    /// `SIGSTOP`: halts the process, cannot be refused.
    Stop,
    /// `SIGCONT`: lets a halted process go on.
    Cont,
}

impl Signal {
    /// All of them.
    pub const ALL: [Signal; 10] = [
        Signal::Hup,
        Signal::Int,
        Signal::Quit,
        Signal::Term,
        Signal::Kill,
        Signal::Usr1,
        Signal::Usr2,
        Signal::Pipe,
        Signal::Stop,
        Signal::Cont,
    ];

    /// Its name with the prefix, e.g. `SIGTERM`.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Hup => "SIGHUP",
            Signal::Int => "SIGINT",
            Signal::Quit => "SIGQUIT",
            Signal::Term => "SIGTERM",
            Signal::Kill => "SIGKILL",
            Signal::Usr1 => "SIGUSR1",
            Signal::Usr2 => "SIGUSR2",
            Signal::Pipe => "SIGPIPE",
            Signal::Stop => "SIGSTOP",
            Signal::Cont => "SIGCONT",
        }
    }

    /// The signal of a name, with or without the prefix, in any case.
    pub fn of_name(name: &str) -> Option<Signal> {
        let wanted = name.to_ascii_uppercase();
        Signal::ALL
            .into_iter()
            .find(|signal| signal.name() == wanted || signal.name()[3..] == wanted)
    }

    pub(super) fn system(self) -> rustix::process::Signal {
        use rustix::process::Signal as System;
        match self {
            Signal::Hup => System::HUP,
            Signal::Int => System::INT,
            Signal::Quit => System::QUIT,
            Signal::Term => System::TERM,
            Signal::Kill => System::KILL,
            Signal::Usr1 => System::USR1,
            Signal::Usr2 => System::USR2,
            Signal::Pipe => System::PIPE,
            Signal::Stop => System::STOP,
            Signal::Cont => System::CONT,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_found_by_its_name_in_any_spelling() {
        assert_eq!(Signal::of_name("sigterm"), Some(Signal::Term));
        assert_eq!(Signal::of_name("KILL"), Some(Signal::Kill));
        assert_eq!(Signal::of_name("SIGNOTHING"), None);
        for signal in Signal::ALL {
            assert_eq!(Signal::of_name(signal.name()), Some(signal));
            assert_eq!(
                signal_hook::low_level::signal_name(signal.system().as_raw()),
                Some(signal.name())
            );
        }
    }
}
