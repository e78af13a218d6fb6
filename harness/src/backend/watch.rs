//! Telling a hang from slow work: a hang is quiescence, not a time-out.

use super::Browser;
use crate::scenario::Budgets;
use crate::supervise::{Condition, Supervisor};
use crate::timeline::{Budget, Hang};
use mock_claude::ledger::{self, Call, Event};
use mock_claude::script::Script;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How often the run is looked at while something is awaited.
const LOOK: Duration = Duration::from_millis(100);
/// What a look counts for at most: when the harness itself did not get the processor, that is nobody's silence.
const LONGEST_LOOK: Duration = Duration::from_millis(300);
/// A wait ends at the latest after so many times its budget, however little of the processor the run got.
const HARD: u32 = 5;

/// Watches a run while a step waits for it.
pub struct Watch<'s> {
    supervisor: &'s Supervisor,
    ledger: PathBuf,
    budgets: Budgets,
    /// The line of each entry of the script.
    lines: Vec<Option<u32>>,
    /// What the turn has used up so far.
    spent: Cell<Duration>,
    hangs: Hangs,
    /// What stands between the user and the backend.
    browser: Option<Rc<Browser>>,
}

/// Every budget that ran out in a run.
pub type Hangs = Rc<RefCell<Vec<Hang>>>;

impl<'s> Watch<'s> {
    /// Watches the run of this supervisor, whose stand-in keeps this ledger and plays this script.
    pub fn new(
        supervisor: &'s Supervisor,
        ledger: PathBuf,
        script: &Script,
        budgets: Budgets,
        hangs: Hangs,
    ) -> Self {
        Self {
            supervisor,
            ledger,
            budgets,
            lines: script.calls.iter().map(|entry| entry.line).collect(),
            spent: Cell::default(),
            hangs,
            browser: None,
        }
    }

    /// The same watch, of a run whose user sits at a page.
    #[must_use]
    pub fn with_browser(mut self, browser: Option<Rc<Browser>>) -> Self {
        self.browser = browser;
        self
    }

    /// The same watch with a turn of its own.
    pub fn beside(&self) -> Self {
        Self {
            supervisor: self.supervisor,
            ledger: self.ledger.clone(),
            budgets: self.budgets,
            lines: self.lines.clone(),
            spent: Cell::default(),
            hangs: Hangs::clone(&self.hangs),
            browser: self.browser.clone(),
        }
    }

    /// Waits until something is over, or until nothing moves any more, or a turn's budget is used up: none of that is
    /// amiss. True if it is over.
    pub async fn rest(&self, over: impl Future<Output = ()>) -> bool {
        let watch = Self {
            hangs: Hangs::default(),
            ..self.beside()
        };
        watch.until("rest", over).await.is_ok()
    }

    /// Waits until what a client left behind is gone. True if it went within its budget; none of that is a hang.
    pub async fn leave(&self, gone: impl Future<Output = ()>) -> bool {
        let watch = Self {
            hangs: Hangs::default(),
            ..self.beside()
        };
        watch.within(Budget::Leave, "leave", gone).await.is_ok()
    }

    /// Adds to the hang that was found last what the client had got last.
    pub fn last_frame(&self, frame: Option<String>) {
        if let Some(hang) = self.hangs.borrow_mut().last_mut() {
            hang.last_frame = frame;
        }
    }

    /// A new turn begins: its budget is whole.
    pub fn begin(&self) {
        self.spent.set(Duration::ZERO);
    }

    /// Waits for a part of a turn, unless everything stands still before it comes.
    ///
    /// # Errors
    /// No CPU time was used in the run's tree, no process wanted any, and the stand-in wrote nothing and
    /// had no timer running for the whole quiet period; or the turn's budget ran out.
    pub async fn until<T>(
        &self,
        what: &str,
        awaited: impl Future<Output = T>,
    ) -> Result<T, Box<Hang>> {
        self.within(Budget::Turn, what, awaited).await
    }

    /// The same within another budget. While something is to end it may be silent.
    ///
    /// # Errors
    /// The budget ran out, or all stood still.
    pub async fn within<T>(
        &self,
        budget: Budget,
        what: &str,
        awaited: impl Future<Output = T>,
    ) -> Result<T, Box<Hang>> {
        let mut awaited = pin!(awaited);
        if budget != Budget::Turn {
            self.begin();
        }
        let limit = self.budgets.of(budget);
        let started = Instant::now();
        let mut last = self.pulse().await;
        let (mut looked, mut silent) = (Instant::now(), Duration::ZERO);
        loop {
            tokio::select! {
                biased;
                value = &mut awaited => return Ok(value),
                () = tokio::time::sleep(LOOK) => {}
            }
            let now = self.pulse().await;
            let passed = looked.elapsed();
            looked = Instant::now();
            silent = if now.busy || now != last {
                Duration::ZERO
            } else {
                silent + passed.min(LONGEST_LOOK)
            };
            if !now.starved_since(&last, passed) {
                self.spent.set(self.spent.get() + passed.min(LONGEST_LOOK));
            }
            last = now;
            let over = self.spent.get() > limit || started.elapsed() > limit.saturating_mul(HARD);
            let patient = matches!(budget, Budget::Stop | Budget::Leave);
            let silence = !patient && silent > self.budgets.silence;
            if over || silence {
                let ran_out = if over { budget } else { Budget::Silence };
                let hang = self.hang(ran_out, what, started.elapsed()).await;
                self.hangs.borrow_mut().push(hang.clone());
                return Err(Box::new(hang));
            }
        }
    }

    async fn pulse(&self) -> Pulse {
        let cpu_ms = self.supervisor.cpu().await;
        let processes = self.supervisor.processes().await;
        let calls = self.calls();
        let wants = processes
            .iter()
            .any(|process| matches!(process.state, 'R' | 'D'));
        let working = match &self.browser {
            Some(browser) => browser.is_working().await,
            None => false,
        };
        Pulse {
            cpu_ms,
            wants,
            // On a busy machine a process may wait for its turn: that is no hang.
            busy: wants || working || calls.iter().any(|call| waiting_on(call) == Some("timer")),
            processes: processes.len(),
            events: calls.iter().map(|call| call.events.len()).sum(),
        }
    }

    fn calls(&self) -> Vec<Call> {
        ledger::read(&self.ledger).unwrap_or_default()
    }

    async fn hang(&self, budget: Budget, what: &str, waited: Duration) -> Hang {
        let deadline = budget != Budget::Silence;
        let calls = self.calls();
        let call = calls.iter().rev().find(|call| call.exit_code().is_none());
        let last = |pick: fn(&Event) -> Option<&String>| {
            call.and_then(|call| call.events.iter().rev().find_map(pick))
                .cloned()
        };
        Hang {
            deadline,
            budget,
            awaited: format!("{what}, for {:.1} s", waited.as_secs_f64()),
            tree: tree(&self.supervisor.conditions().await),
            script: call.and_then(|call| self.script_at(call)),
            processes: self.processes(&calls, deadline).await,
            last_frame: None,
            stand_in: call.and_then(waiting_on).map(str::to_owned),
            last_out: last(|event| match event {
                Event::Stdout { line } => Some(line),
                _ => None,
            }),
            last_in: last(|event| match event {
                Event::Stdin { text } => Some(text),
                _ => None,
            }),
        }
    }

    /// What the script was at in a call.
    fn script_at(&self, call: &Call) -> Option<String> {
        let entry = call.events.iter().rev().find_map(|event| match event {
            Event::Take { entry, .. } => Some(*entry),
            _ => None,
        })?;
        let line = self.lines.get(entry).copied().flatten();
        let place = line.map_or(format!("entry {}", entry + 1), |line| {
            format!("line {line}")
        });
        let what =
            waiting_on(call).map_or("does not wait".to_owned(), |on| format!("waits for {on}"));
        Some(format!(
            "claude {} {what}, in the entry of {place}",
            call.start.call
        ))
    }

    /// The run's processes, one line each; the two of a call through `cli.js` are one.
    async fn processes(&self, calls: &[Call], deadline: bool) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for process in self.supervisor.processes().await {
            let call = calls
                .iter()
                .map(|call| &call.start)
                .find(|start| start.pid == process.pid || start.shown_pid == process.pid);
            let name = match call {
                Some(start) => format!("claude {}", start.call),
                None => format!("`{}`", process.command.join(" ")),
            };
            // Where everything stands still all of them sleep.
            let state = if deadline {
                format!("{} ", process.state)
            } else {
                String::new()
            };
            lines.push(format!("{state}{name}"));
        }
        lines.sort();
        lines.dedup();
        lines
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Pulse {
    cpu_ms: u64,
    busy: bool,
    processes: usize,
    events: usize,
    /// A process runs, or wants to.
    wants: bool,
}

impl Pulse {
    /// Whether the run wanted the processor and got less than half of it: then the time that passed is not its own.
    fn starved_since(&self, last: &Pulse, passed: Duration) -> bool {
        let used = u128::from(self.cpu_ms.saturating_sub(last.cpu_ms));
        self.wants && used * 2 < passed.as_millis()
    }
}

/// The processes as a tree, with their states and what they wait for.
fn tree(conditions: &[Condition]) -> Vec<String> {
    let known = |pid: u32| conditions.iter().any(|one| one.process.pid == pid);
    let roots = conditions.iter().filter(|one| !known(one.process.parent));
    let mut lines = Vec::new();
    for root in roots {
        branch(conditions, root, 0, &mut lines);
    }
    lines
}

fn branch(all: &[Condition], at: &Condition, depth: usize, lines: &mut Vec<String>) {
    let process = &at.process;
    let wait = at.wait.as_deref().unwrap_or("unknown");
    let descriptors = at
        .descriptors
        .map_or("unknown".to_owned(), |number| number.to_string());
    lines.push(format!(
        "{}{} {} `{}`, waits in {wait}, descriptors {descriptors}, memory {} MiB",
        "  ".repeat(depth),
        process.state,
        process.pid,
        process.command.join(" "),
        process.rss_kb / 1024,
    ));
    // Bounded by the listing: nobody is their own ancestor in it, but it is not of one moment.
    let children = all
        .iter()
        .filter(|one| one.process.parent == process.pid && depth < all.len());
    for child in children {
        branch(all, child, depth + 1, lines);
    }
}

/// What a call that still runs waits on.
fn waiting_on(call: &Call) -> Option<&str> {
    for event in call.events.iter().rev() {
        match event {
            Event::Waiting { on } => return Some(on),
            Event::Resumed | Event::Exit { .. } => return None,
            _ => {}
        }
    }
    None
}
