//! The prompt of a call: from its arguments, from stdin, and where there is none.

use super::Run;
use crate::argv::{Options, Output, Resume};
use crate::clock::Clock;
use crate::faults::{After, Ignored, Reads};
use crate::ids::is_uuid;
use crate::ledger::Event;
use crate::process::{Arrival, EX_SCRIPT, Pace, Quit, Shape, complain, feed, uncaught};
use crate::profile::{Fault, ResumeWithoutPrompt};
use crate::startup::Startup;
use std::io::{self, IsTerminal};
use std::time::Duration;

impl Run {
    pub(super) fn read_stdin(&self, shape: Shape) -> Result<(), Quit> {
        const BYTE_MS: u64 = 10;
        let pause = match self.faults.stdin {
            Reads::Never => return Ok(()),
            Reads::Normally => Duration::ZERO,
            Reads::Slowly => self.clock.wait(BYTE_MS).max(Duration::from_micros(1)),
        };
        let endless = self.faults.ignores(Ignored::Eof);
        let pace = Pace {
            pause,
            endless,
            deadly: self.faults.dies_after(Some(After::Stdin)).cloned(),
        };
        let (inbox, ledger) = (self.inbox.sender(), self.ledger.clone());
        feed(shape, pace, inbox, ledger, self.ending.clone()).map_err(|e| {
            complain(&format!("mock-claude: failed to read stdin: {e}\n"));
            Quit(EX_SCRIPT)
        })
    }

    /// The prompt, from the arguments and from stdin.
    pub(super) fn prompt(&self, options: &Options, startup: &Startup) -> Result<String, Quit> {
        let argument = options.prompt.clone().unwrap_or_default();
        let piped = self.piped_text(!argument.is_empty(), startup)?;
        let prompt = match (argument.is_empty(), piped.is_empty()) {
            (_, true) => argument,
            (true, false) => piped,
            (false, false) => format!("{argument}\n{piped}"),
        };
        Ok(prompt)
    }

    /// Refuses to run without a prompt, unless an old session goes on.
    pub(super) fn check_prompt(
        &self,
        prompt: Option<&str>,
        options: &Options,
        startup: &Startup,
    ) -> Result<(), Quit> {
        let behaviour = &self.profile.behaviour;
        let goes_on = match &options.resume {
            Resume::Session(Some(id)) => !behaviour.late_checks || is_uuid(id),
            Resume::Session(None) | Resume::Latest => !behaviour.late_checks,
            Resume::No => false,
        };
        match prompt {
            Some("") if !goes_on => {
                startup.note_debug();
                complain(
                    "Error: Input must be provided either through stdin or as a prompt argument when using --print\n",
                );
            }
            Some(text)
                if !text.is_empty()
                    && text.trim().is_empty()
                    && behaviour.whitespace_prompt == Fault::Refused =>
            {
                let own = self.profile.text("whitespace");
                complain(if own.is_empty() {
                    "Error: Input contained only whitespace. Provide a prompt with text through stdin or as a prompt argument when using --print\n"
                } else {
                    own
                });
            }
            _ => return Ok(()),
        }
        Err(Quit(1))
    }

    /// All of stdin, unless it is a terminal, or the version gives up on a silent one.
    fn piped_text(&self, has_argument: bool, startup: &Startup) -> Result<String, Quit> {
        if io::stdin().is_terminal() || (has_argument && self.faults.stdin == Reads::Never) {
            return Ok(String::new());
        }
        self.read_stdin(Shape::Whole)?;
        let mut text = Vec::new();
        // Where stdin is all there is, nothing can be proceeded with: the notice then comes in real time.
        let mut patience = self.profile.behaviour.stdin_notice_ms.map(|ms| {
            if has_argument {
                self.clock.watch(ms)
            } else {
                Clock::new(1.0).watch(ms)
            }
        });
        let mut first = None;
        if self.profile.files.debug {
            // The log is written once a second, also while nothing comes.
            self.ledger.note(Event::Waiting { on: "stdin".into() });
            first = self.inbox.quiet_wait(Some(self.clock.watch(1000)));
            if first.is_none() {
                startup.note_debug();
                first = self.inbox.quiet_wait(None);
            }
            self.ledger.note(Event::Resumed);
        }
        loop {
            match first.take().or_else(|| self.inbox.wait("stdin", patience)) {
                Some(Arrival::Input(bytes)) => text.extend(bytes),
                Some(Arrival::End) => break,
                Some(Arrival::Interrupt) => return Err(Quit(0)),
                // Nothing of the kind was started yet.
                Some(
                    Arrival::Tool { .. }
                    | Arrival::Hook { .. }
                    | Arrival::Server { .. }
                    | Arrival::Terminate { .. },
                ) => {}
                None => {
                    complain(
                        "Warning: no stdin data received in 3s, proceeding without it. If piping from a slow command, redirect stdin explicitly: < /dev/null to skip, or wait longer.\n",
                    );
                    break;
                }
            }
            patience = None;
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// A session goes on without a prompt, or the prompt is blank: there is nothing to run.
    pub(super) fn nothing_to_run(
        &self,
        prompt: Option<&str>,
        options: &Options,
        startup: &Startup,
    ) -> Quit {
        if prompt == Some("") {
            startup.note_debug();
        }
        if self.profile.behaviour.resume_without_prompt == ResumeWithoutPrompt::Silent {
            if options.output == Output::StreamJson {
                return Quit(0);
            }
            // A result is looked for, and there is none.
            let runtime = self.profile.behaviour.runtime;
            complain(&uncaught(runtime, "No messages returned"));
            return Quit(1);
        }
        complain(
            "Error: No deferred tool marker found in the resumed session. Either the session was not deferred, the marker is stale (tool already ran), or it exceeds the tail-scan window. Provide a prompt to continue the conversation.\n",
        );
        Quit(1)
    }
}
