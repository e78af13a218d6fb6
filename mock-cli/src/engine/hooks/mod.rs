//! Hooks that the client registered, and those of the settings that are commands (PROTOCOL 7.3). All hooks of an event
//! run side by side, and the engine takes in what else comes meanwhile.

mod config;
mod ends;
mod notes;
mod outcome;
mod process;
mod told;

use super::Engine;
use crate::process::{HookEnd, Quit};
use crate::protocol::Named;
use crate::protocol::control::CallbackMatcher;
use crate::template::Vars;
use config::{Action, Hook, of_client, of_settings};
pub(super) use outcome::{NO_REASON, Said, Unanswered};
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
    /// The calls of the message whose tools run, with their results.
    pub(super) batch: Vec<(String, Value)>,
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
                if capability < 3 && !config::all_known(given, capability) {
                    // Settings with an event that the version does not know are no settings.
                    continue;
                }
                hooks.registered.extend(of_settings(given, capability > 3));
            }
        }
        hooks
    }

    /// Adds hooks that the client answers.
    pub(super) fn register(&mut self, given: &Named<Vec<CallbackMatcher>>) {
        self.registered
            .extend(of_client(given, self.capability > 3));
    }

    /// Takes the end of a command.
    pub(super) fn take_end(&mut self, run: u64, end: HookEnd) {
        self.ended.push_back((run, end));
    }

    /// Whether anybody wants to know of an event.
    pub(super) fn want(&self, event: &str) -> bool {
        self.registered.iter().any(|hook| hook.event == event)
    }

    /// What the hooks for an event are called.
    pub(super) fn names(&self, event: &str, subject: &str) -> Vec<String> {
        let name = |hook: Hook| match hook.action {
            Action::Callback(_) => "callback".to_owned(),
            Action::Command(command) => command,
        };
        let hooks = self.matching(event, subject).into_iter();
        hooks.map(name).collect()
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
        let starts = event == "SessionStart" && subject != "compact";
        let subject = match event {
            "SessionEnd" if self.hook_capability() < 2 => "",
            _ => subject,
        };
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
            told: starts
                || (event == "SessionStart" && self.hook_capability() > 2)
                || (self.setup.options.hook_events && event != "SessionEnd"),
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

    /// Tells hooks that a session starts, or starts again.
    pub(super) fn session_starts(&mut self, source: &'static str) -> Result<(), Quit> {
        let mut vars = Vars::new().with("source", source);
        if source == "resume" {
            vars = self.cache_vars(vars);
        }
        self.fire("SessionStart", source, None, vars)?;
        Ok(())
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
                let held = self.setup.ending.hold();
                let started = process::start(
                    &command,
                    text,
                    &self.setup.cwd,
                    &environment,
                    self.setup.call,
                    inbox,
                    run,
                );
                if let Ok(group) = &started {
                    self.setup.ending.will_kill_hook(*group);
                }
                drop(held);
                match started {
                    Ok(group) => Waits::Command {
                        id,
                        command,
                        run,
                        group,
                    },
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
        let titled = said.title.as_ref().filter(|_| self.hook_capability() > 2);
        if let Some(title) = titled {
            self.entitle(title)?;
        }
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
