//! Hooks that the client registered, and those of the settings that are commands (PROTOCOL 7.3). All hooks of an event
//! run side by side, and the engine takes in what else comes meanwhile.

mod config;
mod notes;
mod outcome;
mod process;

use super::Engine;
use crate::process::{HookEnd, Quit, complain};
use crate::protocol::Named;
use crate::protocol::control::{CallbackMatcher, Response};
use crate::protocol::hooks::Output;
use crate::protocol::wire::Wire;
use crate::template::{Vars, text};
use config::{Action, Hook, of_client, of_settings};
use outcome::Verdict;
pub(super) use outcome::{Said, Unanswered};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a hook may take that does not say so.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The same at the end of a process, where that does not wait for hooks.
const END_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long the output of a command that was ended is waited for: something that it left behind may hold it.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The hooks of one event.
#[derive(Debug)]
struct Round {
    event: &'static str,
    /// The event with what it is about, as it is told.
    name: String,
    /// Whether the client is told of commands.
    told: bool,
    tool_use_id: String,
    /// Those that are under way.
    open: Vec<Open>,
    said: Said,
    reports: Vec<Report>,
}

/// A hook under way.
#[derive(Debug)]
struct Open {
    /// When its time is up; None: never.
    until: Option<Instant>,
    limit: Duration,
    /// Whether its command was ended, because its time was up or the turn is to stop.
    ended: bool,
    waits: Waits,
}

/// What a hook waits for.
#[derive(Debug)]
enum Waits {
    /// The client's answer to this request.
    Callback { id: String, request: String },
    /// The end of a command.
    Command {
        /// Its id, as the client is told of it.
        id: String,
        command: String,
        run: u64,
        group: i32,
    },
}

/// What one hook came to, for the summary at a turn's end.
#[derive(Debug)]
struct Report {
    info: Value,
    error: Option<String>,
    output: bool,
}

impl Report {
    fn of_callback(error: Option<String>) -> Report {
        Report {
            info: json!({"command": "callback"}),
            error,
            output: false,
        }
    }
}

/// The hooks of a session, and what they have said.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    /// The version's capability: 1 never gives up on a callback, 2 passes over one that does not answer, 3 says so.
    capability: u8,
    registered: Vec<Hook>,
    /// How many commands were started.
    runs: u64,
    /// Commands that have ended.
    ended: VecDeque<(u64, HookEnd)>,
    /// What hooks said, until it is kept: attachments by name.
    pub(super) notes: Vec<(&'static str, Vars)>,
    /// What the hooks at the turn's end came to, until it is kept.
    pub(super) stop_note: Option<Vars>,
    /// Whether a hook wants the turn to end after the tools.
    pub(super) stop_after: bool,
    /// What hooks have to say to the user, until that is told.
    says: Vec<String>,
    /// What hooks have added to the conversation.
    pub(super) contexts: Vec<String>,
}

impl Hooks {
    /// The hooks that settings name.
    pub(super) fn new(settings: &[Value], capability: u8) -> Hooks {
        let mut hooks = Hooks {
            capability,
            ..Hooks::default()
        };
        if settings.iter().any(|one| one["disableAllHooks"] == true) {
            return hooks;
        }
        for one in settings {
            if let Some(Value::Object(given)) = one.get("hooks") {
                if capability < 3 && !config::all_known(given) {
                    // Settings with an event that the version does not know are no settings.
                    continue;
                }
                hooks.registered.extend(of_settings(given, capability > 2));
            }
        }
        hooks
    }

    /// Adds hooks that the client answers.
    pub(super) fn register(&mut self, given: &Named<Vec<CallbackMatcher>>) {
        self.registered
            .extend(of_client(given, self.capability > 2));
    }

    /// Takes the end of a command.
    pub(super) fn take_end(&mut self, run: u64, end: HookEnd) {
        self.ended.push_back((run, end));
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        !self.registered.is_empty()
    }

    /// Whether anybody wants to know of an event.
    pub(super) fn want(&self, event: &str) -> bool {
        self.registered.iter().any(|hook| hook.event == event)
    }

    /// The hooks for an event; the same command runs once, however often it is named.
    fn matching(&self, event: &str, subject: &str) -> Vec<Hook> {
        let mut hooks: Vec<Hook> = Vec::new();
        for hook in &self.registered {
            let again = |other: &Hook| other.action == hook.action;
            if hook.matches(event, subject) && !hooks.iter().any(again) {
                hooks.push(hook.clone());
            }
        }
        hooks
    }
}

impl Engine {
    /// Runs the hooks of an event side by side. `subject` is what matchers are held against, `vars` what the event
    /// brings. Where the turn is stopped meanwhile they are ended.
    pub(super) fn fire(
        &mut self,
        event: &'static str,
        subject: &str,
        tool_use_id: Option<&str>,
        vars: Vars,
    ) -> Result<Said, Quit> {
        // Callbacks for the start come too late: nobody has answered `initialize` by then.
        let starts = event == "SessionStart";
        let mut hooks: Vec<Hook> = self.hooks.matching(event, subject);
        hooks.retain(|hook| !(starts && matches!(hook.action, Action::Callback(_))));
        if hooks.is_empty() {
            return Ok(Said::default());
        }
        let input = self.hook_input(event, vars);
        let mut round = Round {
            event,
            name: match subject {
                "" => event.to_owned(),
                subject => format!("{event}:{subject}"),
            },
            told: starts || (self.setup.options.hook_events && event != "SessionEnd"),
            tool_use_id: tool_use_id.map_or_else(|| self.setup.ids.uuid(), str::to_owned),
            open: Vec::new(),
            said: Said::default(),
            reports: Vec::new(),
        };
        for hook in hooks {
            self.start_hook(&mut round, hook, &input)?;
        }
        while !round.open.is_empty() {
            self.wait_for_hooks(&mut round)?;
        }
        if !matches!(event, "UserPromptSubmit" | "PostToolUse") {
            // Of these it is told behind what they are about.
            self.tell_messages()?;
        }
        if event == "Stop" {
            self.stop_summary(&round.said, &round.reports, &round.tool_use_id);
        }
        Ok(round.said)
    }

    fn hook_capability(&self) -> u8 {
        self.hooks.capability
    }

    fn start_hook(&mut self, round: &mut Round, hook: Hook, input: &Value) -> Result<(), Quit> {
        let mut mortal = true;
        let waits = match hook.action {
            Action::Callback(id) => {
                let Some(request) = self.send_callback(&id, input, &round.tool_use_id)? else {
                    round.reports.push(Report::of_callback(None));
                    return Ok(());
                };
                self.control.pending.push(request.clone());
                mortal = hook.timeout.is_some() && self.hook_capability() > 1;
                Waits::Callback { id, request }
            }
            Action::Command(command) => {
                let id = self.setup.ids.uuid();
                if round.told {
                    let vars = self.hook_vars(round, &id);
                    self.emit("hook_started", &vars)?;
                }
                let line_end = if self.hook_capability() > 2 { "\n" } else { "" };
                let text = format!("{input}{line_end}");
                let set = self.setup.settings.env();
                let set = set
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.clone()));
                let environment: Vec<_> = set.chain(self.child_environment()).collect();
                self.hooks.runs += 1;
                let (run, inbox) = (self.hooks.runs, self.setup.inbox.sender());
                match process::start(
                    &command,
                    text,
                    &self.setup.cwd,
                    &environment,
                    self.setup.call,
                    inbox,
                    run,
                ) {
                    Ok(group) => {
                        self.setup.ending.bind(group);
                        Waits::Command {
                            id,
                            command,
                            run,
                            group,
                        }
                    }
                    Err(error) => {
                        let end = HookEnd::failed(&error);
                        return self.command_ended(round, &id, &command, &end, false);
                    }
                }
            }
        };
        let limit = match (round.event, hook.timeout) {
            (_, Some(limit)) => limit,
            // The end of the process waits for nobody.
            ("SessionEnd", None) if self.hook_capability() > 2 => END_TIMEOUT,
            (_, None) => TIMEOUT,
        };
        round.open.push(Open {
            // A hook takes its own time, whatever the script's clock says.
            until: mortal.then(|| Instant::now() + limit),
            limit,
            ended: false,
            waits,
        });
        Ok(())
    }

    /// Waits until one of the hooks comes to its end, or its time is up, or the turn is to stop.
    fn wait_for_hooks(&mut self, round: &mut Round) -> Result<(), Quit> {
        let until = round.open.iter().filter_map(|open| open.until).min();
        let over = |engine: &Engine| round.open.iter().any(|open| engine.is_over(open));
        if round.open.iter().all(|open| open.ended) {
            self.wait_regardless(until, over)?;
        } else {
            let deaf = round.event == "SessionStart";
            self.wait_while("hook", until, deaf, |engine| !over(engine))?;
        }
        if let Some(at) = round.open.iter().position(|open| self.is_over(open)) {
            let open = round.open.remove(at);
            return self.hook_ended(round, open);
        }
        let (halted, now) = (self.progress.halt.is_some(), Instant::now());
        for at in (0..round.open.len()).rev() {
            let open = &mut round.open[at];
            let late = open.until.is_some_and(|until| until <= now);
            match &open.waits {
                _ if !late && (open.ended || !halted) => {}
                Waits::Command { group, .. } if !open.ended => {
                    self.setup.ending.release(*group);
                    open.ended = true;
                    open.until = Some(now + LAST_WORDS);
                }
                Waits::Callback { .. } if halted && self.hook_capability() == 1 => {
                    // This version goes on waiting for the answer, or the end of stdin.
                    open.ended = true;
                    open.until = None;
                }
                _ => {
                    let open = round.open.remove(at);
                    self.give_up(round, open, halted)?;
                }
            }
        }
        Ok(())
    }

    fn is_over(&self, open: &Open) -> bool {
        match &open.waits {
            Waits::Callback { request, .. } => {
                self.control.answers.contains_key(request) || self.queue.input_ended
            }
            Waits::Command { run, .. } => self.hooks.ended.iter().any(|(ended, _)| ended == run),
        }
    }

    /// Takes what a hook has come to.
    fn hook_ended(&mut self, round: &mut Round, open: Open) -> Result<(), Quit> {
        match open.waits {
            Waits::Callback { id, request } => {
                self.control.pending.retain(|pending| *pending != request);
                let answer = self.control.answers.remove(&request);
                if answer.is_none() && self.hook_capability() > 2 {
                    round.said.unanswered = Some(Unanswered::Ended);
                }
                let answer = self.callback_answer(round, &id, answer)?;
                let said = answer.write().to_string();
                let verdict = round.said.take_answer(round.event, answer);
                self.note_context(round.event, &said);
                round
                    .reports
                    .push(Report::of_callback(verdict.block.clone()));
                self.note_message(round, &verdict);
                Ok(())
            }
            Waits::Command {
                id,
                command,
                run,
                group,
            } => {
                self.setup.ending.unbind(group);
                let at = self.hooks.ended.iter().position(|(ended, _)| *ended == run);
                let end = at.and_then(|at| self.hooks.ended.remove(at));
                let end = end.map(|(_, end)| end).unwrap_or_default();
                self.command_ended(round, &id, &command, &end, open.ended)
            }
        }
    }

    /// What a callback is answered with; an error counts as nothing.
    fn callback_answer(
        &mut self,
        round: &Round,
        id: &str,
        answer: Option<Response>,
    ) -> Result<Output, Quit> {
        let Some(answer) = answer else {
            // stdin has ended before.
            let vars = Vars::new().with("id", id);
            complain(&text(self.setup.profile.text("hook_unanswered"), &vars));
            return Ok(Output::default());
        };
        if let Some(error) = answer.failure() {
            let vars = Vars::new().with("id", id).with("error", error);
            complain(&text(self.setup.profile.text("hook_failed"), &vars));
            let vars = self.vars().with("id", id).with("hook_event", round.event);
            self.emit("hook_callback_failed", &vars)?;
        }
        Ok(answer.payload().map(Output::at).unwrap_or_default())
    }

    /// Gives up on a hook that does not come to its end.
    fn give_up(&mut self, round: &mut Round, open: Open, halted: bool) -> Result<(), Quit> {
        match open.waits {
            Waits::Command { id, command, .. } => {
                self.command_ended(round, &id, &command, &HookEnd::default(), true)
            }
            Waits::Callback { id, request } => {
                round.reports.push(Report::of_callback(None));
                let pending = &mut self.control.pending;
                let before = pending.len();
                pending.retain(|pending| *pending != request);
                // An interruption has withdrawn it already.
                if pending.len() < before {
                    self.withdraw_request(&request)?;
                }
                let vars = Vars::new().with("id", id);
                complain(&text(self.setup.profile.text("hook_aborted"), &vars));
                match halted || self.hook_capability() < 3 {
                    true => Ok(()),
                    false => self.callback_is_late(round, open.limit),
                }
            }
        }
    }

    /// What becomes of an event whose callback has not answered in time.
    fn callback_is_late(&mut self, round: &mut Round, limit: Duration) -> Result<(), Quit> {
        let ms = super::millis(limit);
        match round.event {
            "PreToolUse" => {
                let text = self.setup.profile.text("hook_no_answer").to_owned();
                round.said.unanswered = Some(Unanswered::Late(text));
            }
            "UserPromptSubmit" => {
                let text = format!("UserPromptSubmit hook callback timed out after {ms}ms");
                round.said.unanswered = Some(Unanswered::Late(text));
            }
            event => {
                let vars = self.vars().with("hook_event", event);
                self.emit("hook_unanswered_notice", &vars)?;
            }
        }
        Ok(())
    }

    /// Takes what a command came to; `cancelled` where it was ended.
    fn command_ended(
        &mut self,
        round: &mut Round,
        id: &str,
        command: &str,
        end: &HookEnd,
        cancelled: bool,
    ) -> Result<(), Quit> {
        let verdict = match cancelled {
            true => Verdict::default(),
            false => round.said.take_end(round.event, command, end),
        };
        let code = end.code.unwrap_or(1);
        let (out, err) = (end.stdout.as_str(), end.stderr.as_str());
        if code == 0 {
            self.note_context(round.event, out);
        }
        self.keep_hook(
            round.event,
            &round.name,
            &round.tool_use_id,
            command,
            (out, err, code),
        );
        round.reports.push(Report {
            info: json!({"command": command, "durationMs": 1}),
            error: verdict.block.clone(),
            output: !out.is_empty(),
        });
        // (At the start one version does not tell of what blocks.)
        let mute = self.hook_capability() == 2 && verdict.block.is_some();
        if round.told && !mute {
            let outcome = match code {
                _ if cancelled => "cancelled",
                0 => "success",
                _ => "error",
            };
            let vars = self
                .hook_vars(round, id)
                .with("output", format!("{out}{err}"))
                .with("stdout", out)
                .with("stderr", err)
                .with("exit_code", code)
                .with("outcome", outcome);
            self.emit("hook_response", &vars)?;
        }
        if self.progress.halt.is_some() {
            return Ok(());
        }
        if round.event == "PreToolUse" && (cancelled || verdict.unusable) {
            let content = match cancelled {
                true => "hook_late",
                false => "hook_unusable",
            };
            let vars = self
                .hook_vars(round, id)
                .with("content", self.setup.profile.text(content))
                .with("timed_out", cancelled)
                .with("tool_use_id", round.tool_use_id.as_str());
            self.emit("hook_no_verdict", &vars)?;
        }
        if round.event == "SessionEnd" && cancelled {
            let vars = Vars::new().with("command", command);
            complain(&text(self.setup.profile.text("hook_cancelled"), &vars));
        }
        self.note_message(round, &verdict);
        Ok(())
    }

    /// Notes what a hook has to say to the user.
    fn note_message(&mut self, round: &Round, verdict: &Verdict) {
        if let Some(message) = verdict
            .message
            .as_ref()
            .filter(|_| round.event != "SessionStart")
        {
            self.hooks
                .says
                .push(format!("{} says: {message}", round.name));
        }
    }

    /// Tells the user what hooks have to say to him.
    pub(super) fn tell_messages(&mut self) -> Result<(), Quit> {
        for message in std::mem::take(&mut self.hooks.says) {
            let vars = self.vars().with("content", message);
            self.emit("hook_says", &vars)?;
        }
        Ok(())
    }

    /// What the processes of a session find in their environment.
    fn child_environment(&self) -> Vec<(&'static str, String)> {
        let session = &self.setup.session;
        let entrypoint = std::env::var("CLAUDE_CODE_ENTRYPOINT");
        let entrypoint = entrypoint.unwrap_or_else(|_| "sdk-cli".into());
        let mut all = vec![("CLAUDE_CODE_ENTRYPOINT", entrypoint)];
        if self.hook_capability() > 2 {
            all.push(("CLAUDECODE", "1".into()));
            all.push(("CLAUDE_CODE_CHILD_SESSION", "1".into()));
            all.push(("CLAUDE_CODE_SESSION_ID", session.id.clone()));
            all.push(("CLAUDE_PID", std::process::id().to_string()));
        }
        all
    }

    fn hook_vars(&mut self, round: &Round, id: &str) -> Vars {
        self.vars()
            .with("hook_id", id)
            .with("hook_name", round.name.as_str())
            .with("hook_event", round.event)
    }

    fn note_context(&mut self, event: &str, out: &str) {
        self.hooks.contexts.extend(outcome::context(event, out));
    }

    /// Asks about a prompt. Some where it is not to be answered.
    pub(super) fn prompt_blocked(&mut self, prompt: &str) -> Result<Option<Blocked>, Quit> {
        let vars = Vars::new().with("prompt", prompt);
        let said = self.fire("UserPromptSubmit", "", None, vars)?;
        let mark = self.setup.profile.text("hook_mark").to_owned();
        let operation = "UserPromptSubmit operation blocked by hook";
        if let Some(Unanswered::Late(why)) = &said.unanswered {
            return Ok(Some(Blocked {
                text: format!("{operation}:\n{why}"),
                outcome: json!({
                    "kind": "no_verdict", "prompt_kept": false,
                    "no_verdict_kind": "callback_timed_out",
                }),
                reason: why.clone(),
            }));
        }
        if let Some(reason) = said.block(&mark) {
            let why = said.why().unwrap_or(&reason).to_owned();
            return Ok(Some(Blocked {
                text: format!("{operation}:\n{reason}\n\nOriginal prompt: {prompt}"),
                outcome: json!({"kind": "blocked_by_hook", "prompt_kept": false, "reason": why}),
                reason: why,
            }));
        }
        if said.stop {
            let why = said.stop_reason.clone().unwrap_or_default();
            let shown = match why.as_str() {
                "" => "Operation stopped by hook".to_owned(),
                why => format!("Operation stopped by hook: {why}"),
            };
            return Ok(Some(Blocked {
                text: shown,
                outcome: json!({"kind": "stopped_by_hook", "prompt_kept": true, "reason": why}),
                reason: why,
            }));
        }
        Ok(None)
    }
}

/// A prompt that hooks keep from the model.
#[derive(Debug)]
pub(super) struct Blocked {
    /// What is said of it.
    pub(super) text: String,
    /// How it ended, as the client is told.
    pub(super) outcome: Value,
    /// Why.
    pub(super) reason: String,
}
