//! The tools of one answer, one after another; those that change nothing side by side.

use super::consult::Verdict;
use super::{Done, Ran, ToolCall, accepted, by_rule, check, rejected};
use crate::engine::message::{Message, Sent};
use crate::engine::turn::Turn;
use crate::engine::{Engine, Halt};
use crate::order::SortedMap;
use crate::permissions::{Decision, Question, Source};
use crate::process::Quit;
use crate::protocol::api::ToolUse;
use crate::protocol::tools::File;
use crate::template::Vars;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The exit code after SIGTERM.
const SIGTERM: i32 = 143;

/// What comes of a call before it runs.
pub(super) enum Ready {
    /// It runs, on this decision.
    Run(ToolCall, Value),
    /// It has its result.
    Done(Done),
    /// The user stopped the turn; the result, if there is one of its own.
    Halted(Option<Done>),
}

impl Engine {
    /// Runs the tools that an answer called.
    pub(in crate::engine) fn run_tools(
        &mut self,
        turn: &mut Turn,
        message: &Message,
    ) -> Result<Ran, Quit> {
        let all: Vec<ToolCall> = message.tools().map(call_of).collect();
        let mut calls = self.without_told(turn, &all);
        if self.setup.profile.behaviour.early_tools {
            self.missing_first(&mut calls);
        }
        let mut at = 0;
        while at < calls.len() {
            let call = &calls[at];
            if let Some((result, error)) = message.results.get(&call.id) {
                let done = self.scripted(&call.name, result, *error);
                self.told(turn, call, &done)?;
                at += 1;
                continue;
            }
            let beside = calls[at..]
                .iter()
                .take_while(|c| self.runs_beside(c) && !message.results.contains_key(&c.id))
                .count();
            let batch = &calls[at..at + beside.max(1)];
            at += batch.len();
            let ran = match self.batch(turn, batch)? {
                Ran::All if self.pump()? => Ran::Halted,
                ran => ran,
            };
            if ran != Ran::All {
                for call in &calls[at..] {
                    let done = self.stopped(false);
                    self.told(turn, call, &done)?;
                }
                self.keep_answered();
                self.note_interruption("[Request interrupted by user for tool use]")?;
                turn.user_lines += 1;
                return Ok(ran);
            }
        }
        self.tell_batch(&all)?;
        let stopped = std::mem::take(&mut self.hooks.stop_after);
        if stopped {
            self.attach("hook_stopped_continuation", Vars::new());
        }
        self.keep_answered();
        Ok(if stopped { Ran::Stopped } else { Ran::All })
    }

    pub(super) fn told(
        &mut self,
        turn: &mut Turn,
        call: &ToolCall,
        done: &Done,
    ) -> Result<(), Quit> {
        turn.user_lines += 1;
        self.note_for_batch(call, done);
        self.tool_result(call, done)?;
        if let Some(block) = &done.behind {
            turn.user_lines += 1;
            self.add_behind(block)?;
        }
        Ok(())
    }

    /// Runs calls side by side; their results come in the order in which they end.
    fn batch(&mut self, turn: &mut Turn, calls: &[ToolCall]) -> Result<Ran, Quit> {
        let mut jobs: SortedMap<u64, (ToolCall, Value)> = SortedMap::new();
        let mut halted = false;
        let mut here = Vec::new();
        for call in calls {
            match self.ready(call)? {
                Ready::Done(done) => self.told(turn, call, &done)?,
                Ready::Halted(done) => {
                    halted = true;
                    let done =
                        done.unwrap_or_else(|| self.stopped(false).keeping("before_run", true));
                    self.told(turn, call, &done)?;
                }
                Ready::Run(call, decision) if call.name == "Bash" && call.is_backgrounded() => {
                    let mut done = self.start_task(&call)?;
                    done.decision = Some(decision);
                    self.told_of(turn, &call, &done)?;
                }
                Ready::Run(call, decision) if call.name == "Bash" => {
                    match self.start_command(&call) {
                        Ok(job) => {
                            jobs.insert(job, (call, decision));
                        }
                        Err(error) => self.told(turn, &call, &Done::failed(&error.to_string()))?,
                    }
                }
                Ready::Run(call, decision) => here.push((call, decision)),
            }
        }
        halted |= self.run_all_here(turn, here)?;
        if halted {
            return Ok(Ran::Halted);
        }
        self.tools.under_way = !jobs.is_empty();
        let begun = Instant::now();
        while !jobs.is_empty() {
            let under_way: Vec<&ToolCall> = jobs.values().map(|(call, _)| call).collect();
            let limit = |call: &ToolCall| self.limit_ms(call);
            let first = jobs
                .iter()
                .map(|(job, (call, _))| (begun + Duration::from_millis(limit(call)), *job))
                .min();
            let until = first.map_or(begun, |(until, _)| until);
            let finished = self.wait_for_command(&under_way, until)?;
            if self.progress.halt.is_some() {
                self.kill_commands();
                for (_, (call, _)) in std::mem::take(&mut jobs) {
                    let done = self.stopped(true);
                    self.told(turn, &call, &done)?;
                }
                self.tools.under_way = false;
                return Ok(Ran::Halted);
            }
            if let Some((job, code)) = finished
                && let Some((call, decision)) = jobs.remove(&job)
            {
                let mut done = self.command_done(job, code, &call.command());
                if code == 0 {
                    self.ask_about_output();
                }
                done.decision = Some(decision);
                self.tell_ended(&call, code != 0)?;
                if let Some(code) = self.tools.terminated {
                    if code == SIGTERM {
                        // (In the real one it is a race whether the last lines are still written.)
                        self.setup.session.file = None;
                    }
                    self.told(turn, &call, &done)?;
                    self.keep_answered();
                    self.save();
                    return Err(Quit(code));
                }
                self.told_of(turn, &call, &done)?;
            } else if finished.is_none()
                && let Some((_, job)) = first
                && let Some((call, decision)) = jobs.remove(&job)
            {
                let mut done = self.timed_out(job, &call)?;
                done.decision = Some(decision);
                self.told_of(turn, &call, &done)?;
            }
        }
        self.tools.under_way = false;
        Ok(Ran::All)
    }

    /// What is wrong with a call, whatever is allowed.
    pub(super) fn wrong_call(&self, call: &ToolCall) -> Option<Done> {
        if !self.has_tool(&call.name) {
            let text = self.says_absent(&call.name);
            return Some(Done::uncalled(&text, text.as_str()));
        }
        let call = &self.by_own_name(call);
        let done = check::fault(self.setup.profile, &call.name, &call.input)?;
        Some(self.with_schema(call, done))
    }

    /// Checks, decides and asks.
    pub(super) fn ready(&mut self, call: &ToolCall) -> Result<Ready, Quit> {
        let profile = self.setup.profile;
        if let Some(done) = self.wrong_call(call) {
            return Ok(Ready::Done(done));
        }
        let call = &self.by_own_name(call);
        let call = &self.without_plan(call);
        if let Some((text, source)) = self.refuses(call) {
            let mut done = Done::uncalled(text, format!("Error: {text}"));
            if profile.behaviour.permissions >= 4 {
                let call = self.located(call);
                self.count_denial(&call);
                done.meta = true;
                let by = match source {
                    Source::UserSettings | Source::LocalSettings | Source::Session => "user_reject",
                    Source::ProjectSettings
                    | Source::FlagSettings
                    | Source::PolicySettings
                    | Source::CliArg => "config",
                };
                done.decision = Some(by_rule(rejected(by, Some("rule")), source));
            }
            return Ok(Ready::Done(done));
        }
        if let Some(done) = self.objection(call) {
            return Ok(Ready::Done(done));
        }
        if let Some(done) = self.wakes(call) {
            return Ok(Ready::Done(done));
        }
        let before = Vars::new()
            .with("tool_name", self.hook_tool(call))
            .with("tool_input", call.input.clone())
            .with("tool_use_id", call.id.as_str());
        let said = self.fire("PreToolUse", self.hook_tool(call), Some(&call.id), before)?;
        let block = said.block(profile.text("hook_mark"));
        // Older versions refuse the call that is blocked, and go on.
        self.hooks.stop_after |= said.stop && (profile.behaviour.hooks > 3 || block.is_none());
        self.time_passes()?;
        if self.progress.halt.is_some() {
            let text = profile.text("hook_halted");
            return Ok(Ready::Halted((!text.is_empty()).then(|| Done {
                structured: "Error: undefined".into(),
                ..Done::failed(text)
            })));
        }
        if let Some(unanswered) = &said.unanswered {
            return Ok(Ready::Done(self.hook_missing(unanswered)));
        }
        if let Some(reason) = block {
            let done = match profile.behaviour.hooks {
                1 if said.stop => Done::failed("Execution stopped by PreToolUse hook"),
                _ => self.hook_denied(call, &reason),
            };
            return Ok(Ready::Done(done));
        }
        let changed = said
            .input
            .clone()
            .filter(|_| match profile.behaviour.hooks {
                1 => false,
                2 => said.allow,
                _ => true,
            });
        let call = &ToolCall {
            input: changed.unwrap_or_else(|| call.input.clone()),
            ..call.clone()
        };
        if said.allow && said.ask.is_none() {
            let reason = (profile.behaviour.hooks > 3).then_some("hook");
            return Ok(Ready::Run(call.clone(), accepted("hook", reason)));
        }
        self.name_plan_for(call);
        // It is decided about the file that the call names; what nobody was asked about runs as the model gave it.
        let given = call;
        let call = &self.located(given);
        if call.name == "Bash" && self.is_unclear(call) {
            self.ask_about_command(&call.command());
        }
        let decision = match (self.decide(call), said.ask) {
            (decision @ Decision::Deny { .. }, _) | (decision, None) => decision,
            (decision, Some(why)) if profile.behaviour.hooks > 2 => asked_by_hook(decision, why),
            (decision, Some(_)) => decision,
        };
        if let Decision::Ask(question) = &decision
            && let Some(ready) = self.decided_by_hooks(call, question)?
        {
            return Ok(ready);
        }
        Ok(match decision {
            Decision::Allow(reason) => {
                let reason = Some(reason).filter(|r| !r.is_empty());
                Ready::Run(given.clone(), accepted("config", reason))
            }
            Decision::Granted(source) => {
                let by = match source {
                    Source::Session => "user_temporary",
                    Source::UserSettings | Source::LocalSettings => "user_permanent",
                    Source::ProjectSettings
                    | Source::FlagSettings
                    | Source::PolicySettings
                    | Source::CliArg => "config",
                };
                Ready::Run(given.clone(), by_rule(accepted(by, Some("rule")), source))
            }
            Decision::Deny {
                message,
                kind,
                reason,
                rule_source,
            } => {
                self.denied(call, &message, kind, reason.as_deref())?;
                let mut decision = rejected("config", kind);
                if let Some(source) = rule_source {
                    decision = by_rule(decision, source);
                }
                if kind == Some("mode") {
                    decision["reason_code"] = format!("mode:{}", self.permissions.mode).into();
                }
                let planned = self.permissions.mode == "plan" && kind == Some("mode");
                if planned {
                    // Nobody has denied it; it only waits for the plan.
                    decision = rejected("config", None);
                    decision["reason_code"] = "mode:plan".into();
                }
                Ready::Done(Done {
                    not_run: Some(match kind {
                        _ if planned => "user-rejected",
                        Some("classifier") => "automode-unavailable",
                        _ => "permission-rule",
                    }),
                    decision: Some(decision),
                    ..Done::failed(&message)
                })
            }
            Decision::Ask(question) if !self.setup.options.prompt_tool => {
                let (message, kind) = (&question.message, question.kind);
                self.denied(call, message, kind, question.reason.as_deref())?;
                let mut decision = rejected("config", None);
                decision["reason_code"] = kind.into();
                if let Some(source) = question.rule_source {
                    decision = by_rule(decision, source);
                }
                Ready::Done(Done {
                    not_run: Some("user-rejected"),
                    decision: Some(decision),
                    ..Done::failed(&question.message)
                })
            }
            Decision::Ask(question) => match self.consult(call, &question)? {
                Verdict::Run(input, mut decision) => {
                    decision["reason_code"] = question.kind.into();
                    let input = as_given(input, &call.input, &given.input);
                    let call = ToolCall {
                        input,
                        ..call.clone()
                    };
                    Ready::Run(call, decision)
                }
                Verdict::Not(done) => {
                    self.count_denial(call);
                    Ready::Done(done)
                }
                Verdict::Wrong(done) => Ready::Done(done),
                Verdict::Stop(done) => {
                    self.count_denial(call);
                    self.progress.halt = Some(Halt::Request);
                    // Newer versions say what they always say to that.
                    Ready::Halted(done.filter(|_| profile.text("rejected").is_empty()))
                }
                Verdict::Halted => {
                    self.count_denial(call);
                    Ready::Halted(None)
                }
            },
        })
    }

    /// A complaint about an input, and what the model was not told of the tool.
    fn with_schema(&self, call: &ToolCall, done: Done) -> Done {
        let note = self.setup.profile.text("schema_unseen");
        let said = done.content.as_str().unwrap_or_default();
        let said = said.strip_suffix("</tool_use_error>").unwrap_or_default();
        if note.is_empty() || !self.is_unseen(&call.name) {
            return done;
        }
        Done {
            content: format!("{said}{note}</tool_use_error>").into(),
            ..done
        }
    }

    /// Whether a file is the session's plan is looked at before it is decided about a call, and gives the plan its
    /// name; versions whose sessions have one otherwise do not look.
    fn name_plan_for(&mut self, call: &ToolCall) {
        let path = File::at(&call.input).file_path.unwrap_or_default();
        let looks = match call.name.as_str() {
            "Read" => self.setup.cwd.join(path).exists(),
            "Write" | "Edit" | "NotebookEdit" => true,
            _ => false,
        };
        if looks && self.says_locally() {
            self.name_plan("");
        }
    }

    /// A result that the script gives.
    fn scripted(&self, tool: &str, result: &str, error: bool) -> Done {
        let decision = Some(by_rule(accepted("config", Some("rule")), Source::CliArg));
        let done = if error {
            Done::failed(result)
        } else if tool == "Bash" {
            self.command_result(result.to_owned(), result.is_empty())
        } else {
            Done {
                shape: super::Shape::Said,
                ..Done::plain(result, result.into())
            }
        };
        Done { decision, ..done }
    }
}

/// What is asked where a hook wants somebody to be asked, whatever allows it.
fn asked_by_hook(decision: Decision, why: String) -> Decision {
    let mut question = match decision {
        Decision::Ask(question) => question,
        _ => Question::default(),
    };
    question.message.clone_from(&why);
    question.kind = Some("hook");
    question.reason = Some(why);
    Decision::Ask(question)
}

pub(super) fn call_of((sent, tool): (&Sent, &ToolUse)) -> ToolCall {
    ToolCall {
        id: tool.id.as_deref().unwrap_or_default().to_owned(),
        name: tool.name.clone().unwrap_or_default(),
        input: tool.input.clone().unwrap_or_default(),
        assistant: sent.uuid.clone(),
    }
}

/// The input that came back from a question: what is as it was asked runs as the model gave it.
fn as_given(mut input: Value, asked: &Value, given: &Value) -> Value {
    if let (Some(input), Some(asked)) = (input.as_object_mut(), asked.as_object()) {
        for (name, value) in input {
            if asked.get(name) == Some(value)
                && let Some(given) = given.get(name)
            {
                value.clone_from(given);
            }
        }
    }
    input
}
