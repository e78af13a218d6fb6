//! What comes in, at rest and while a turn runs.

use super::input::{Incoming, understand};
use super::{Engine, Halt, Prompt};
use crate::faults::Ignored;
use crate::ledger::Event;
use crate::process::{Arrival, Quit, complain};
use crate::profile::{Moment, Sigint};
use crate::protocol::wire::Wire;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

impl Engine {
    /// Takes one arrival: answers it, queues it, or ends the process.
    pub(super) fn handle(&mut self, arrival: Arrival) -> Result<(), Quit> {
        self.setup.ending.give_way();
        match arrival {
            Arrival::End => self.queue.input_ended = true,
            Arrival::Terminate { code } => self.tools.terminated = Some(code),
            Arrival::Tool { job, code } => {
                if !self.task_ended(job, code)? {
                    self.tools.ended.push_back((job, code));
                }
            }
            Arrival::Server { link, news } => self.server_news(link, news),
            Arrival::Hook { run, end } => self.hooks.take_end(run, end),
            Arrival::Interrupt if self.setup.faults.ignores(Ignored::Interrupt) => {}
            Arrival::Interrupt => {
                if !self.progress.in_turn || self.setup.profile.behaviour.sigint == Sigint::Exit {
                    return Err(Quit(0));
                }
                self.progress.halt = Some(Halt::Signal);
                if !self.streams() {
                    self.setup.session.recorder.signalled();
                }
            }
            Arrival::Input(line) => {
                match understand(&line, self.setup.profile.behaviour.input_lines) {
                    Incoming::User(prompt) => self.enqueue(*prompt)?,
                    Incoming::Control { id, request } => self.control(id, &request)?,
                    Incoming::Response(response) => {
                        let id = response.request_id().and_then(Value::as_str);
                        if let Some(id) = id.map(str::to_owned)
                            && !self.shake(&id, &response)?
                        {
                            self.control.answers.insert(id, response);
                        }
                    }
                    Incoming::History => self.conversation.lines += 1,
                    Incoming::Nothing => {}
                    Incoming::Fatal(text) => {
                        complain(&text);
                        return Err(Quit(1));
                    }
                }
                let setup = &mut self.setup;
                setup.startup.reach(Moment::Heard, &mut setup.ids)?;
            }
        }
        Ok(())
    }

    /// Queues a prompt; one that was seen before is at most echoed.
    fn enqueue(&mut self, mut prompt: Prompt) -> Result<(), Quit> {
        if prompt.uuid.is_some() {
            // It is looked up in the session.
            self.time_passes()?;
        }
        prompt.in_tool = self.tools.under_way;
        if let Some(uuid) = &prompt.uuid {
            let new = self.queue.seen.insert(uuid.clone());
            if !new && self.setup.profile.behaviour.skip_duplicate_uuid {
                if self.setup.options.replay {
                    let vars = self
                        .vars()
                        .with("message", prompt.message.write())
                        .with("uuid", uuid.as_str());
                    self.emit("replay_duplicate", &vars)?;
                }
                return Ok(());
            }
            self.lifecycle(uuid, "queued")?;
        }
        self.keep_waiting(&prompt);
        self.queue.prompts.push_back(prompt);
        Ok(())
    }

    /// Tells of a prompt's way, for versions that do.
    pub(super) fn lifecycle(&mut self, uuid: &str, state: &str) -> Result<(), Quit> {
        if !self.setup.profile.behaviour.lifecycle {
            return Ok(());
        }
        let vars = self.vars().with("command_uuid", uuid).with("state", state);
        self.emit("lifecycle", &vars)
    }

    /// Takes what is there already, between two steps of a turn. True where the turn is to stop.
    pub(super) fn pump(&mut self) -> Result<bool, Quit> {
        while let Some(arrival) = self.setup.inbox.now() {
            self.handle(arrival)?;
        }
        Ok(self.progress.halt.is_some())
    }

    /// Waits so long on the clock (None: for ever), taking what comes meanwhile. True where the turn is to stop.
    pub(super) fn pause(&mut self, on: &str, ms: Option<u64>) -> Result<bool, Quit> {
        if on == "timer" && ms.is_some_and(|ms| ms > 0) {
            self.time_passes()?;
        }
        let until = ms.map(|ms| Instant::now() + self.setup.clock.wait(ms));
        self.wait_while(on, until, false, |_| true)
    }

    /// Waits until a file exists. True where the turn is to stop.
    pub(super) fn pause_for(&mut self, file: &Path) -> Result<bool, Quit> {
        /// How often it is looked for: there is no portable way to be told.
        const LOOK: Duration = Duration::from_millis(5);
        self.setup.ledger.note(Event::Waiting { on: "gate".into() });
        while !self.pump()? && !file.exists() {
            if let Some(arrival) = self.setup.inbox.quiet_wait(Some(LOOK)) {
                self.handle(arrival)?;
            }
        }
        self.setup.ledger.note(Event::Resumed);
        Ok(self.progress.halt.is_some())
    }

    /// Waits as long as `waits` says so, at most until then, and takes what comes meanwhile: whatever the engine waits
    /// for, it answers. `deaf` leaves what comes on stdin for later. True where the turn is to stop.
    pub(super) fn wait_while(
        &mut self,
        on: &str,
        until: Option<Instant>,
        deaf: bool,
        waits: impl Fn(&Engine) -> bool,
    ) -> Result<bool, Quit> {
        self.setup.ledger.note(Event::Waiting { on: on.into() });
        if !deaf {
            self.pump()?;
        }
        while self.progress.halt.is_none() && waits(self) {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            let arrival = match deaf {
                true => self.setup.inbox.wait_for_own(left),
                false => self.setup.inbox.quiet_wait(left),
            };
            if let Some(arrival) = arrival {
                self.handle(arrival)?;
            }
        }
        self.setup.ledger.note(Event::Resumed);
        Ok(self.progress.halt.is_some())
    }

    /// The same, although the turn is to stop: for what was ended, and comes to its end soon.
    pub(super) fn wait_regardless(
        &mut self,
        until: Option<Instant>,
        done: impl Fn(&Engine) -> bool,
    ) -> Result<(), Quit> {
        while !done(self) {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            if let Some(arrival) = self.setup.inbox.quiet_wait(left) {
                self.handle(arrival)?;
            }
        }
        Ok(())
    }
}
