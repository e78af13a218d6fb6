//! A CLI process that is always reaped, and signalled only while it is there.

use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::watch;

/// A started process, waited for by a task of its own.
///
/// The runtime has one thread, and the task that reaps the process notes that in the same step: a signal
/// sent from another task cannot reach a stranger that got the number since.
pub(super) struct Process {
    pid: Option<Pid>,
    exit: watch::Receiver<Option<Exit>>,
}

/// How a process ended; None where the system would not say.
type Exit = Option<ExitStatus>;

impl Process {
    pub(super) fn watch(mut child: Child) -> Self {
        let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let (sender, exit) = watch::channel(None);
        tokio::spawn(async move {
            let status = child.wait().await.ok();
            sender.send_replace(Some(status));
        });
        Self { pid, exit }
    }

    /// The process's number, for the log.
    pub(super) fn pid(&self) -> i32 {
        self.pid.map_or(0, |pid| pid.as_raw_nonzero().get())
    }

    /// Waits for the end.
    pub(super) async fn exited(&mut self) -> Exit {
        match self.exit.wait_for(Option::is_some).await {
            Ok(exit) => exit.flatten(),
            Err(_) => None,
        }
    }

    /// SIGTERM, and SIGKILL to one that is still there after the grace. Does nothing to one that has ended.
    /// Without `force` it is left alone after the grace.
    pub(super) async fn end(&mut self, grace: Duration, force: bool) {
        self.signal(Signal::TERM);
        if tokio::time::timeout(grace, self.exited()).await.is_err() && force {
            self.signal(Signal::KILL);
            self.exited().await;
        }
    }

    fn signal(&self, signal: Signal) {
        if let (Some(pid), None) = (self.pid, *self.exit.borrow()) {
            // It can only have ended in between, and is then not reaped yet.
            let _ = kill_process(pid, signal);
        }
    }
}

/// What SDK 1.0.108 says of an end that is not a good one.
pub(super) fn complaint(exit: ExitStatus) -> Option<String> {
    match (exit.code(), exit.signal()) {
        (Some(0), _) | (None, None) => None,
        (Some(code), _) => Some(format!("Claude Code process exited with code {code}")),
        (None, Some(signal)) => {
            let name = signal_hook::low_level::signal_name(signal)
                .map_or_else(|| signal.to_string(), str::to_owned);
            Some(format!("Claude Code process terminated by signal {name}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_as_the_sdk_tells_it() {
        assert_eq!(complaint(ExitStatus::from_raw(0)), None);
        assert_eq!(
            complaint(ExitStatus::from_raw(127 << 8)).as_deref(),
            Some("Claude Code process exited with code 127")
        );
        assert_eq!(
            complaint(ExitStatus::from_raw(9)).as_deref(),
            Some("Claude Code process terminated by signal SIGKILL")
        );
    }
}
