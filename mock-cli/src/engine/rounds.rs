//! The rounds of a turn: the model answers, its tools run, it answers again (PROTOCOL 4.3, 4.4).

use super::Engine;
use super::ask::Asked;
use super::failure::Failure;
use super::inject::Injected;
use super::message::Message;
use super::tools::Ran;
use super::turn::Turn;
use crate::process::Quit;
use crate::profile::{CutAnswer, EmptyAnswer, Heeded, NumTurns};
use crate::protocol::api::Block;
use crate::template::Vars;
use crate::turn::ModelTurn;
use serde_json::Value;
use std::collections::VecDeque;

/// How often hooks keep a turn from ending, in the version that counts. (Seen on 2.1.330.)
const MOST_BLOCKS: u32 = 8;

/// What an answer leads to.
enum Next {
    /// Its tools, if there are any.
    Tools,
    /// Another request.
    Ask,
    /// The end: this went wrong.
    Fail(Box<Failure>),
    /// The end: the model has said nothing.
    Nothing,
    /// The end: what was said last is nothing for the user, but this.
    Odd(String),
}

impl Engine {
    /// The model's answers, tool rounds included, and the result.
    pub(super) fn answer(
        &mut self,
        turn: &mut Turn,
        mut answers: VecDeque<ModelTurn>,
    ) -> Result<(), Quit> {
        loop {
            let message = match self.ask(turn, &mut answers)? {
                Asked::Answered(message) => message,
                Asked::Halted => {
                    turn.user_lines += 1;
                    return self.interrupted_result(turn, false);
                }
                Asked::Failed(failure) if self.passes_over(&failure) => {
                    return self.nothing_result(turn);
                }
                Asked::Failed(failure) => match self.overflows(turn, *failure)? {
                    None => continue,
                    Some(failure) => {
                        self.conversation.rounds += 1;
                        return self.failed(turn, &failure);
                    }
                },
            };
            if message.is_seen() {
                self.conversation.rounds += 1;
                self.conversation.answers += 1;
            }
            self.tell_display(&message)?;
            if message.tools().next().is_some() {
                self.run_waiting_agents()?;
            }
            match self.next(turn, &message)? {
                Next::Tools => {}
                Next::Ask => continue,
                Next::Fail(failure) => return self.failed(turn, &failure),
                Next::Odd(last) => return self.odd_result(turn, &last),
                Next::Nothing if turn.requests > 1 && message.streams => {
                    // The result of a tool is the last word, and it says nothing.
                    turn.text.clear();
                    return self.success_result(turn);
                }
                Next::Nothing => return self.nothing_result(turn),
            }
            if message.tools().next().is_none() {
                if self.enforces_schema(turn)? || self.next_in_turn() || self.stop_blocked(turn)? {
                    continue;
                }
                for uuid in turn.steering.clone() {
                    self.lifecycle(&uuid, "completed")?;
                }
                return self.success_result(turn);
            }
            if let Some(text) = self.over_budget() {
                turn.billed = false;
                (turn.usage, turn.last_usage) =
                    (crate::turn::Usage::ZERO, crate::turn::Usage::ZERO);
                let count = turn.user_lines + 1;
                return self.limit_result(
                    turn,
                    "error_max_budget_usd",
                    "budget_exhausted",
                    text,
                    count,
                );
            }
            match self.run_tools(turn, &message)? {
                Ran::All => {}
                Ran::Halted => return self.interrupted_result(turn, true),
                Ran::Stopped => {
                    turn.text.clear();
                    return self.stopped_result(turn);
                }
            }
            let capability = self.setup.profile.behaviour.structured_output;
            let new = capability > 1;
            if let Some(wrong) = self.tools.output.given_up() {
                let last = match capability > 2 {
                    true => format!(" — last StructuredOutput error: {wrong}"),
                    false => String::new(),
                };
                let text =
                    format!("Failed to provide valid structured output after 5 attempts{last}");
                let count = turn.user_lines + 1;
                if capability == 2 {
                    let model = &mut self.model;
                    let models = &self.setup.profile.models;
                    model.costs.forget(&model.name, turn.last_usage, models);
                }
                if new {
                    turn.forget_last();
                }
                return self.structured_failure(turn, text, count);
            }
            if new && let Some(given) = self.tools.output.given() {
                turn.text = given.to_string();
                return self.success_result(turn);
            }
            let off = self.setup.profile.behaviour.max_turns_off_by;
            if let Some(limit) = self.setup.options.max_turns.filter(|n| {
                match self.setup.profile.behaviour.num_turns {
                    NumTurns::Requests if off > 0 => turn.user_lines + off >= *n,
                    NumTurns::Requests => turn.requests >= *n,
                    // Each result of a tool is a turn.
                    NumTurns::Conversation => turn.user_lines >= *n,
                }
            }) {
                let text = format!("Reached maximum number of turns ({limit})");
                let reached = Vars::new()
                    .with("max_turns", limit)
                    .with("turn_count", limit + 1);
                self.attach("max_turns_reached", reached);
                self.setup.out.limited(limit.to_string());
                let count = match self.setup.profile.behaviour.num_turns {
                    NumTurns::Requests if off > 0 => limit.max(2),
                    NumTurns::Requests => turn.requests + 1,
                    NumTurns::Conversation => limit,
                };
                return self.limit_result(turn, "error_max_turns", "max_turns", text, count);
            }
            self.steer(turn)?;
            self.keep_again();
        }
    }

    /// Reminds the model of what it owes: once, or as long as it takes. True where it is asked again.
    fn enforces_schema(&mut self, turn: &mut Turn) -> Result<bool, Quit> {
        let once = self.setup.profile.behaviour.structured_output > 1;
        let owed = self.tools.output.is_owed();
        if !owed || (once && turn.continued > 0) {
            return Ok(false);
        }
        let text = if once {
            "[structured-output-enforce] The result is still to be given, by the tool that is there for it."
        } else {
            // It goes on until somebody ends it: at the pace of requests that are answered at once.
            if self.pause("timer", Some(100))? {
                return Ok(true);
            }
            "Stop hook feedback:\nThe result is still to be given, by the tool that is there for it."
        };
        turn.continued += 1;
        turn.user_lines += 1;
        self.inject(text, Injected::Reminder)?;
        Ok(true)
    }

    /// Asks whether the turn may end. True where it goes on.
    fn stop_blocked(&mut self, turn: &mut Turn) -> Result<bool, Quit> {
        let vars = Vars::new()
            .with("stop_hook_active", turn.stop_blocks > 0)
            .with("background_tasks", self.agents_for_hooks())
            .with("session_crons", Value::Array(Vec::new()))
            .with("last_assistant_message", turn.text.as_str());
        let said = self.fire("Stop", "", None, vars)?;
        let note = self.hooks.stop_note.take();
        let newest = self.setup.profile.behaviour.hooks > 3;
        if self.progress.halt.is_some() {
            self.note_interruption("[Request interrupted by user]")?;
            turn.user_lines += 1;
        }
        if newest && (said.stop || self.progress.halt.is_some()) {
            turn.terminal = Some("stop_hook_prevented");
        }
        if newest && self.progress.halt.is_some() {
            turn.text.clear();
        }
        let mark = self.setup.profile.text("hook_mark");
        let block = said.block(mark);
        if said.trouble && turn.stop_blocks == 0 && block.is_none() {
            let vars = self.vars();
            self.emit("stop_hook_notice", &vars)?;
        }
        let goes_on = said.goes_on.clone().filter(|_| newest && block.is_none());
        let ends = said.stop || self.progress.halt.is_some();
        let Some(reason) = block.clone().or(goes_on).filter(|_| !ends) else {
            if let Some(note) = note {
                self.keep("stop_hook_summary", None, &note);
            }
            return Ok(false);
        };
        if !newest && turn.stop_blocks > 0 {
            // It goes on until somebody ends it: at the pace of requests that are answered at once.
            self.pause("timer", Some(100))?;
        }
        turn.stop_blocks += 1;
        if block.is_none() {
            // What is added to the conversation is neither shown nor counted.
            self.keep_said(&reason, true, None);
            return self.may_block(turn);
        }
        turn.user_lines += 1;
        let text = format!("Stop hook feedback:\n{mark}{reason}");
        self.inject(&text, Injected::Reminder)?;
        if let Some(kept) = said.kept() {
            let blocking = Vars::new()
                .with("hook_name", "Stop")
                .with("hook_event", "Stop")
                .with("blocking", kept);
            self.attach("hook_blocking_error", blocking);
        }
        if let Some(note) = note {
            self.keep("stop_hook_summary", None, &note);
        }
        if turn.stop_blocks == 1 {
            let vars = self.vars();
            self.emit("stop_hook_notice", &vars)?;
        }
        let goes_on = self.may_block(turn)?;
        if !goes_on {
            // The feedback is what was said last.
            turn.text.clear();
        }
        Ok(goes_on)
    }

    /// Whether hooks may keep the turn from ending once more; that they may not is said.
    fn may_block(&mut self, turn: &Turn) -> Result<bool, Quit> {
        if self.setup.profile.behaviour.hooks < 4 || turn.stop_blocks <= MOST_BLOCKS {
            return Ok(true);
        }
        for name in ["stop_hook_cap", "stop_hook_cap_notice"] {
            let vars = self.vars().with("count", turn.stop_blocks);
            self.emit(name, &vars)?;
        }
        Ok(false)
    }

    fn next(&mut self, turn: &mut Turn, message: &Message) -> Result<Next, Quit> {
        let cut = self.setup.profile.behaviour.cut_answer;
        let calls = message.tools().next().is_some();
        let heeded = match self.setup.profile.behaviour.heeds_whole {
            _ if message.streams => Heeded::All,
            heeded => heeded,
        };
        let said = |limit| Some(limit).filter(|_| heeded == Heeded::All);
        let limit = match message.stop_reason.as_deref() {
            Some(super::RESUMED) => {
                turn.user_lines += 1;
                return Ok(Next::Ask);
            }
            Some("refusal") if heeded != Heeded::Nothing => return self.refused(turn, message),
            Some("tool_use") if !calls => return self.no_call(turn, message),
            Some("max_tokens") => said("max_tokens"),
            Some("model_context_window_exceeded") => said("context_window"),
            _ => None,
        };
        let limit = limit.filter(|name| self.setup.profile.failures.contains_key(name));
        if let Some(name) = limit {
            let failure = Failure::named(name);
            if cut == CutAnswer::Continued {
                self.tell_held(turn)?;
            }
            match cut {
                CutAnswer::Continued if calls => return Ok(Next::Tools),
                CutAnswer::Continued if turn.continued < 3 => return self.ask_on(turn),
                CutAnswer::Endless if name == "max_tokens" && !calls => {
                    // It is said, and asked for more as long as it takes, at the pace of requests.
                    self.say_failure(turn, &failure)?;
                    self.pause("timer", Some(100))?;
                    return Ok(Next::Ask);
                }
                CutAnswer::Fails | CutAnswer::Endless | CutAnswer::Continued => {
                    return self.fail_or_call(turn, failure, calls);
                }
            }
        }
        self.tell_held(turn)?;
        match message.is_seen() {
            true => Ok(last_word(message)),
            false => self.silence(turn, message),
        }
    }

    /// An answer in which there is nothing to see.
    fn silence(&mut self, turn: &mut Turn, message: &Message) -> Result<Next, Quit> {
        let paused = message.stop_reason.as_deref() == Some("pause_turn");
        match self.setup.profile.behaviour.empty_answer {
            EmptyAnswer::Error if message.blocks.is_empty() => Ok(Next::Nothing),
            EmptyAnswer::Error => Ok(last_word(message)),
            // The model is asked once more in a turn; then it has nothing to say.
            EmptyAnswer::AskAgain
                if paused && message.blocks.is_empty() && (turn.nudged || turn.requests == 1) =>
            {
                // Neither is what a tool brought the last word.
                Ok(Next::Odd("user last_content_type=n/a".into()))
            }
            EmptyAnswer::AskAgain if turn.nudged || paused => {
                turn.text.clear();
                Ok(last_word(message))
            }
            EmptyAnswer::AskAgain => {
                turn.nudged = true;
                turn.user_lines += 1;
                self.inject(
                    "[Nothing was said. This note is the stand-in's own.]",
                    Injected::Companion,
                )?;
                Ok(Next::Ask)
            }
        }
    }

    /// An answer that announces a call and makes none: the model is asked for it, as often as the version does so.
    fn no_call(&mut self, turn: &mut Turn, message: &Message) -> Result<Next, Quit> {
        let most = self.setup.profile.behaviour.missing_call_retries;
        if most == 0 {
            return Ok(match message.blocks.is_empty() {
                true => Next::Nothing,
                false => Next::Tools,
            });
        }
        if turn.miscalled >= most {
            return Ok(Next::Fail(Box::new(Failure::named("missing_call"))));
        }
        turn.miscalled += 1;
        turn.user_lines += 1;
        turn.retracted = message
            .blocks
            .iter()
            .map(|sent| sent.uuid.clone())
            .collect();
        let retracted = turn.retracted.clone();
        self.inject(
            "[No call came. This note is the stand-in's own.]",
            Injected::Retraction(&retracted),
        )?;
        Ok(Next::Ask)
    }

    /// Asks the model to go on after a limit.
    fn ask_on(&mut self, turn: &mut Turn) -> Result<Next, Quit> {
        turn.continued += 1;
        if !self.setup.profile.behaviour.silent_continuations {
            turn.user_lines += 1;
            self.inject(super::CONTINUE, Injected::Companion)?;
        }
        Ok(Next::Ask)
    }

    /// The model would not answer: the version asks once more, or gives up.
    fn refused(&mut self, turn: &mut Turn, message: &Message) -> Result<Next, Quit> {
        let last = !self.setup.profile.message("refused").is_null();
        let calls = message.tools().next().is_some();
        if self.setup.profile.message("refused_once").is_null() && !last {
            let failure = Failure::refusal(&message.request_id, &message.id, None);
            return self.fail_or_call(turn, failure, calls);
        }
        if calls && !self.setup.profile.text("refused_call").is_empty() {
            self.tell_held(turn)?;
            self.refuse_tools(turn, message)?;
        }
        turn.continued += 1;
        self.progress.refused += 1;
        if turn.continued == 1 && !self.setup.profile.message("refused_once").is_null() {
            let name = self.setup.profile.models.get(&self.model.name).name.clone();
            let vars = self.vars().with(
                "model_name",
                name.unwrap_or_else(|| self.model.name.clone()),
            );
            self.tell_held(turn)?;
            self.emit("refused_once", &vars)?;
            self.keep_shown("informational", "refused_once", &vars);
            turn.user_lines += 1;
            self.inject(super::REFUSED, Injected::AfterRefusal(&message.id))?;
            return Ok(Next::Ask);
        }
        let vars = self
            .vars()
            .with("request_id", message.request_id.as_str())
            .with("refused_message_uuid", turn.prompt_uuid.as_str());
        self.emit("refused", &vars)?;
        self.keep_shown("refused", "refused", &vars);
        let failure = Failure::refusal(&message.request_id, &message.id, Some("refusal"));
        let calls = calls && self.setup.profile.text("refused_call").is_empty();
        self.fail_or_call(turn, failure, calls)
    }

    /// The end; or where the answer called tools, it is said, and they run all the same.
    fn fail_or_call(
        &mut self,
        turn: &mut Turn,
        failure: Failure,
        calls: bool,
    ) -> Result<Next, Quit> {
        if !calls {
            return Ok(Next::Fail(Box::new(failure)));
        }
        self.say_failure(turn, &failure)?;
        Ok(Next::Tools)
    }

    /// What is said where more was spent than allowed.
    fn over_budget(&self) -> Option<String> {
        let budget = self.setup.options.max_budget?;
        let spent = self.model.costs.total().as_f64().unwrap_or(0.0);
        let text = crate::json::number(budget);
        (spent >= budget).then(|| format!("Reached maximum budget (${text})"))
    }

    /// Where the version answers a prompt that came while a tool ran in the same turn: whether there is one.
    fn next_in_turn(&mut self) -> bool {
        let next = self
            .queue
            .prompts
            .front()
            .is_some_and(|prompt| prompt.in_tool);
        if next && !self.setup.profile.behaviour.merge_queued {
            self.queue.prompts.pop_front();
            return true;
        }
        false
    }

    /// Prompts that came while tools ran are answered in the turn.
    fn steer(&mut self, turn: &mut Turn) -> Result<(), Quit> {
        self.pump()?;
        if !self.setup.profile.behaviour.merge_queued {
            return Ok(());
        }
        while let Some(prompt) = self.queue.prompts.pop_front() {
            turn.steered = true;
            let text = prompt.message.text();
            self.keep_taken(&text, "prompt", prompt.uuid.clone());
            if let Some(uuid) = prompt.uuid {
                self.lifecycle(&uuid, "started")?;
                turn.steering.push(uuid);
            }
        }
        Ok(())
    }
}

/// What an answer leads to that ended as usual, by what came last.
fn last_word(message: &Message) -> Next {
    match message.blocks.last().map(|sent| &sent.block) {
        _ if message.tools().next().is_some() => Next::Tools,
        None | Some(Block::Text(_) | Block::Thinking(_) | Block::Redacted(_)) => Next::Tools,
        Some(other) => Next::Odd(format!("assistant last_content_type={}", other.kind())),
    }
}
