//! What is told of calls while their message still streams in.
//!
//! Versions whose tools begin early start a call as soon as its block has ended, unless one that may change something
//! is under way, or it may change something itself and another one is under way. What needs no file and nobody's answer is
//! told then. Seen on 2.1.330 with two and three calls of eleven kinds in one message.

use super::round::{Ready, call_of};
use super::{EarlyResult, ToolCall};
use crate::engine::Engine;
use crate::engine::message::Message;
use crate::engine::turn::Turn;
use crate::order;
use crate::permissions::Decision;
use crate::process::Quit;
use crate::protocol::tools::File;

/// When something is told of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Early {
    /// Before its block's last event: that there is no such tool.
    Seen,
    /// After it: that its input is wrong.
    Ended,
    /// After the next event: what is decided about it.
    Decided,
}

impl Engine {
    /// Tells what comes of the last call by this moment, where the version does not wait for the message's end.
    pub(in crate::engine) fn tell_early(
        &mut self,
        turn: &mut Turn,
        message: &Message,
        now: Early,
    ) -> Result<(), Quit> {
        let last = message.blocks.last();
        let tool = last.and_then(|sent| Some((sent, sent.block.as_tool_use()?)));
        let Some(call) = tool.map(call_of) else {
            return Ok(());
        };
        let early = self.setup.profile.behaviour.early_tools;
        // An answer in one piece has ended before anything is done.
        if !early || !message.streams || message.results.contains_key(&call.id) {
            return Ok(());
        }
        let told = |id: &str| turn.early.iter().any(|early| early.call.id == id);
        let waiting: Vec<ToolCall> = message
            .tools()
            .map(call_of)
            .filter(|one| one.id != call.id && !told(&one.id))
            .collect();
        if told(&call.id) || self.early(&call, &waiting) != Some(now) {
            return Ok(());
        }
        if now == Early::Decided && self.asks_early(&call)? {
            return Ok(());
        }
        if let Ready::Done(done) = self.ready(&call)? {
            turn.user_lines += 1;
            self.note_for_batch(&call, &done);
            let shown = self.show_result(&call, &done)?;
            turn.early.push(EarlyResult { call, done, shown });
        }
        Ok(())
    }

    /// Sends the question about a call, if there is one and somebody to be asked.
    fn asks_early(&mut self, call: &ToolCall) -> Result<bool, Quit> {
        let call = self.located(&self.without_plan(&self.by_own_name(call)));
        let Decision::Ask(question) = self.decide(&call) else {
            return Ok(false);
        };
        if self.setup.options.prompt_tool {
            self.permissions.asked = Some(self.send_question(&call, &question)?);
        }
        Ok(self.setup.options.prompt_tool)
    }

    /// The calls that nothing was told of; what was told of the others is kept.
    pub(super) fn without_told(&mut self, turn: &mut Turn, calls: &[ToolCall]) -> Vec<ToolCall> {
        let early = std::mem::take(&mut turn.early);
        let told: Vec<String> = early.iter().map(|early| early.call.id.clone()).collect();
        for EarlyResult { call, done, shown } in early {
            self.keep_result(&call, &done, shown);
        }
        let rest = calls.iter().filter(|call| !told.contains(&call.id));
        rest.cloned().collect()
    }

    /// When something is told of a call beside others of which nothing is told yet, if that is early.
    fn early(&self, call: &ToolCall, waiting: &[ToolCall]) -> Option<Early> {
        if !self.has_tool(&call.name) {
            // Nothing is told behind what may change something and is under way.
            let behind = waiting.first().is_some_and(|first| !self.is_safe(first));
            return (!behind).then_some(Early::Seen);
        }
        let beside = self.is_safe(call) && waiting.iter().all(|one| self.is_safe(one));
        if !waiting.is_empty() && !beside {
            return None;
        }
        if self.wrong_call(call).is_some() {
            return Some(Early::Ended);
        }
        let call = &self.without_plan(&self.by_own_name(call));
        if self.refuses(call).is_some() {
            return Some(Early::Ended);
        }
        match call.name.as_str() {
            // The file is looked at before all else.
            "Write" | "MultiEdit" => return None,
            "Edit" => {
                let edit = File::at(&call.input);
                return (edit.old_string == edit.new_string).then_some(Early::Ended);
            }
            _ if self.objection(call).is_some() => return Some(Early::Ended),
            _ => {}
        }
        // Hooks are waited for.
        let hooked = |event: &&str| self.hooks.want(event);
        if ["PreToolUse", "PermissionRequest"].iter().any(hooked) {
            return None;
        }
        let decided = match self.decide(&self.located(call)) {
            // A classifier would be waited for.
            Decision::Deny { kind, .. } => kind != Some("classifier"),
            Decision::Ask(_) if self.setup.options.prompt_tool => {
                self.streams() && !self.queue.input_ended && self.permissions.asked.is_none()
            }
            Decision::Ask(_) => true,
            Decision::Allow(_) | Decision::Granted(_) => false,
        };
        decided.then_some(Early::Decided)
    }

    /// Moves calls of tools that are not there before those that run beside them: nothing of them waits.
    pub(super) fn missing_first(&self, calls: &mut [ToolCall]) {
        let mut from = 0;
        while from < calls.len() {
            let missing = |call: &ToolCall| !self.has_tool(&call.name);
            let beside = calls[from..]
                .iter()
                .take_while(|call| missing(call) || self.runs_beside(call))
                .count();
            order::sort_by_key(&mut calls[from..from + beside], |call| !missing(call));
            from += beside + 1;
        }
    }

    /// Whether a call runs beside others: it is what it should be, and changes nothing.
    pub(super) fn is_safe(&self, call: &ToolCall) -> bool {
        let safe = match call.name.as_str() {
            "Read" | "Glob" | "Grep" | "WebFetch" | "WebSearch" | "ExitPlanMode" => true,
            "Bash" => {
                let capabilities = self.setup.profile.capabilities();
                let rules = &self.permissions.rules;
                rules.only_reads(&capabilities, &call.command())
            }
            _ => false,
        };
        safe && self.wrong_call(call).is_none()
    }
}
