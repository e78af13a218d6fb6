//! The supervisor's loop.

use super::census::Census;
use super::jobs::Jobs;
use super::journal::Journal;
use super::logs::Logs;
use super::members::Members;
use super::poll;
use super::requests::Probing;
use super::signals::Signals;
use super::wire::{Inherited, Wire};
use crate::supervise::Event;
use crate::supervise::wire::{Answer, Message, Setup};
use std::collections::{HashMap, HashSet};
use std::io::PipeWriter;
use std::time::{Duration, Instant};

/// All that is known of the run.
pub(super) struct Run {
    pub(super) setup: Setup,
    pub(super) inherited: Option<Inherited>,
    pub(super) harness_group: Option<i32>,
    pub(super) wire: Wire,
    pub(super) journal: Journal,
    pub(super) signals: Signals,
    pub(super) census: Box<dyn Census>,
    pub(super) members: Members,
    /// Something of the run was started; before that there is nothing to look at but tools.
    pub(super) begun: bool,
    /// Those that were started on request and not waited for yet.
    pub(super) started: HashSet<u32>,
    /// The system says that the supervisor has no child.
    pub(super) childless: bool,
    pub(super) logs: Logs,
    /// Pipes on which nothing comes, kept open for their readers.
    pub(super) silent_inputs: HashMap<u32, PipeWriter>,
    pub(super) jobs: Jobs,
    pub(super) probings: Vec<Probing>,
    /// Requests for the owners of a port, by the tool that is asked.
    pub(super) port_questions: HashMap<u32, u64>,
    /// Requests for what processes hold, by the tool that is asked.
    pub(super) condition_questions: HashMap<u32, u64>,
    /// Requests that wait until nobody is left, or their time is over.
    pub(super) settling: Vec<(u64, Instant)>,
    /// The request to end the run, and how long processes may take.
    pub(super) finishing: Option<(u64, Duration)>,
    pub(super) next_look: Instant,
    /// CPU time as told last: it never shrinks.
    pub(super) cpu_ms: u64,
}

impl Run {
    pub(super) fn new(
        setup: Setup,
        inherited: Option<Inherited>,
        wire: Wire,
        signals: Signals,
        census: Box<dyn Census>,
    ) -> Run {
        // Only asked where it is of use: in a PID namespace of its own a supervisor may have a parent outside of it.
        let harness = if setup.inherit {
            rustix::process::getppid()
        } else {
            None
        };
        let harness_group =
            harness.and_then(|harness| rustix::process::getpgid(Some(harness)).ok());
        Run {
            harness_group: harness_group.map(|group| group.as_raw_nonzero().get()),
            journal: Journal::open(&setup.scratch),
            setup,
            inherited,
            wire,
            signals,
            census,
            members: Members::default(),
            begun: false,
            started: HashSet::new(),
            childless: true,
            logs: Logs::default(),
            silent_inputs: HashMap::new(),
            jobs: Jobs::default(),
            probings: Vec::new(),
            port_questions: HashMap::new(),
            condition_questions: HashMap::new(),
            settling: Vec::new(),
            finishing: None,
            next_look: Instant::now(),
            cpu_ms: 0,
        }
    }

    /// Serves until the run is to end, and ends it.
    pub(super) fn serve(&mut self) {
        loop {
            self.turn(self.patience());
            for request in self.wire.requests() {
                self.answer(request);
            }
            for ended in self.jobs.overdue(Instant::now()) {
                self.tool_ended(ended);
            }
            self.settle();
            if let Some((id, grace)) = self.finishing {
                let ended = self.end(Some(grace));
                self.look(false);
                self.reap();
                let said = self.logs.close();
                self.tell(said);
                self.wire.put(&Message::Answer {
                    id,
                    answer: Answer::Finished(ended),
                });
                self.wire.flush_all();
                return;
            }
            if self.wire.lost() {
                self.end(None);
                return;
            }
        }
    }

    /// Waits for something to happen, or `timeout`; takes logs in, looks at the processes when it is time, and reaps.
    pub(super) fn turn(&mut self, timeout: Option<Duration>) {
        let socket = (!self.wire.lost()).then(|| self.wire.descriptor());
        let readable = socket.into_iter().chain([self.signals.descriptor()]);
        let readable = readable
            .chain(self.logs.descriptors())
            .chain(self.jobs.descriptors());
        poll::wait(
            readable,
            socket.filter(|_| self.wire.wants_to_write()),
            timeout,
        );
        self.signals.drain();
        self.wire.flush();
        let said = self.logs.read();
        self.tell(said);
        self.jobs.read();
        if self.begun && Instant::now() >= self.next_look {
            self.look(false);
        }
        self.reap();
    }

    /// How long nothing has to be done unless something happens.
    fn patience(&self) -> Option<Duration> {
        let look = (!self.members.is_empty()).then_some(self.next_look);
        let settled = self.settling.iter().map(|(_, until)| *until);
        let next = look
            .into_iter()
            .chain(self.jobs.next_deadline())
            .chain(settled)
            .min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    pub(super) fn tell(&mut self, events: Vec<Event>) {
        for event in events {
            self.journal.note(&event);
            self.wire.put(&Message::Event(event));
        }
    }
}
