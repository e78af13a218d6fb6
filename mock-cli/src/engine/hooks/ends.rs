//! How hooks come to their ends: waited for, answered, out of time or given up.

use super::outcome::{Unanswered, Verdict};
use super::{LAST_WORDS, Open, Report, Round, Waits};
use crate::engine::Engine;
use crate::process::{HookEnd, Quit, complain};
use crate::protocol::control::Response;
use crate::protocol::hooks::Output;
use crate::protocol::wire::Wire;
use crate::template::{Vars, text};
use serde_json::json;
use std::time::{Duration, Instant};

impl Engine {
    /// Waits until one of the hooks comes to its end, or its time is up, or the turn is to stop.
    pub(super) fn wait_for_hooks(&mut self, round: &mut Round) -> Result<(), Quit> {
        let until = round.open.iter().filter_map(|open| open.until).min();
        let over = |engine: &Engine| round.open.iter().any(|open| engine.is_over(open));
        if round.open.iter().all(|open| open.ended) {
            self.wait_regardless(until, over)?;
        } else {
            let deaf = round.event == "SessionStart" && round.name != "SessionStart:compact";
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
                    self.setup.ending.kill_hook(*group);
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

    pub(super) fn is_over(&self, open: &Open) -> bool {
        match &open.waits {
            Waits::Callback { request, .. } => {
                self.control.answers.contains_key(request) || self.queue.input_ended
            }
            Waits::Command { run, .. } => self.hooks.ended.iter().any(|(ended, _)| ended == run),
        }
    }

    /// Takes what a hook has come to.
    pub(super) fn hook_ended(&mut self, round: &mut Round, open: Open) -> Result<(), Quit> {
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
                self.setup.ending.hook_has_ended(group);
                let at = self.hooks.ended.iter().position(|(ended, _)| *ended == run);
                let end = at.and_then(|at| self.hooks.ended.remove(at));
                let end = end.map(|(_, end)| end).unwrap_or_default();
                self.command_ended(round, &id, &command, &end, open.ended)
            }
        }
    }

    /// What a callback is answered with; an error counts as nothing.
    pub(super) fn callback_answer(
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
    pub(super) fn give_up(
        &mut self,
        round: &mut Round,
        open: Open,
        halted: bool,
    ) -> Result<(), Quit> {
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
    pub(super) fn callback_is_late(
        &mut self,
        round: &mut Round,
        limit: Duration,
    ) -> Result<(), Quit> {
        let ms = crate::engine::millis(limit);
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
    pub(super) fn command_ended(
        &mut self,
        round: &mut Round,
        id: &str,
        command: &str,
        end: &HookEnd,
        cancelled: bool,
    ) -> Result<(), Quit> {
        let verdict = match cancelled {
            true => Verdict::default(),
            false => {
                let capability = self.hook_capability();
                round.said.take_end(round.event, command, end, capability)
            }
        };
        let code = end.code.unwrap_or(1);
        let (out, err) = (end.stdout.as_str(), end.stderr.as_str());
        if code == 0 && !verdict.unusable {
            self.note_context(round.event, out);
        }
        self.keep_hook(round, command, (out, err, code), verdict.block.as_deref());
        let info = match code {
            2 => json!({"command": command}),
            _ => json!({"command": command, "durationMs": 1}),
        };
        round.reports.push(Report {
            info,
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
    pub(super) fn note_message(&mut self, round: &Round, verdict: &Verdict) {
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
}
