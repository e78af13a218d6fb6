//! What is told of calls while their message still streams in.
//!
//! Versions whose tools begin early start a call as soon as its block has ended, unless one that may change something
//! is under way, or it may change something itself and another one is under way. What needs no file and nobody's answer is
//! told at once. Seen on 2.1.330 with two and three calls of eleven kinds in one message.

use super::round::{Ready, call_of};
use super::{Done, EarlyResult, ToolCall, check};
use crate::engine::Engine;
use crate::engine::message::Message;
use crate::engine::turn::Turn;
use crate::permissions::Decision;
use crate::process::Quit;
use crate::protocol::tools::File;

impl Engine {
    /// Sends a question as soon as the call is known, where the version does not wait for the message's end.
    pub(in crate::engine) fn ask_early(&mut self, message: &Message) -> Result<(), Quit> {
        let Some(call) = message.tools().last().map(call_of) else {
            return Ok(());
        };
        let first = message.tools().count() == 1;
        let profile = self.setup.profile;
        if !first
            || !profile.behaviour.early_tools
            || self.hooks.want("PreToolUse")
            || !self.setup.options.prompt_tool
            || !self.streams()
            || self.queue.input_ended
            || message.results.contains_key(&call.id)
            || !self.has_tool(&call.name)
            || check::fault(profile, &call.name, &call.input).is_some()
            || self.refuses(&call).is_some()
            || self.objection(&call).is_some()
        {
            return Ok(());
        }
        let call = self.located(&self.without_plan(&call));
        let decision = self.decide(&call);
        if let Decision::Ask(question) = decision {
            self.permissions.asked = Some(self.send_question(&call, &question)?);
        }
        Ok(())
    }

    /// Tells what comes of the last call without anything being waited for, where the version does not wait for the
    /// message's end.
    pub(in crate::engine) fn tell_early(
        &mut self,
        turn: &mut Turn,
        message: &Message,
    ) -> Result<(), Quit> {
        let last = message.blocks.last();
        let tool = last.and_then(|sent| Some((sent, sent.block.as_tool_use()?)));
        let Some(call) = tool.map(call_of) else {
            return Ok(());
        };
        let early = self.setup.profile.behaviour.early_tools;
        if !early || message.results.contains_key(&call.id) {
            return Ok(());
        }
        let told = |id: &str| turn.early.iter().any(|early| early.call.id == id);
        let waiting: Vec<ToolCall> = message
            .tools()
            .map(call_of)
            .filter(|one| one.id != call.id && !told(&one.id))
            .collect();
        let Some(done) = self.settled(&call, &waiting)? else {
            return Ok(());
        };
        turn.user_lines += 1;
        self.note_for_batch(&call, &done);
        let shown = self.show_result(&call, &done)?;
        turn.early.push(EarlyResult { call, done, shown });
        Ok(())
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

    /// The result of a call that has one at once, beside calls of which nothing is told yet.
    fn settled(&mut self, call: &ToolCall, waiting: &[ToolCall]) -> Result<Option<Done>, Quit> {
        if self.has_tool(&call.name) {
            let starts = waiting.is_empty()
                || (self.is_safe(call) && waiting.iter().all(|one| self.is_safe(one)));
            if !starts {
                return Ok(None);
            }
            let wrong = self.wrong_call(call).is_some();
            if !wrong && !self.needs_nothing(&self.without_plan(&self.by_own_name(call))) {
                return Ok(None);
            }
        }
        Ok(match self.ready(call)? {
            Ready::Done(done) => Some(done),
            Ready::Run(..) | Ready::Halted(_) => None,
        })
    }

    /// Whether a call runs beside others: it is what it should be, and changes nothing.
    fn is_safe(&self, call: &ToolCall) -> bool {
        let safe = match call.name.as_str() {
            "Read" | "Glob" | "Grep" | "WebFetch" | "WebSearch" => true,
            "Bash" => {
                let capabilities = self.setup.profile.capabilities();
                let rules = &self.permissions.rules;
                rules.only_reads(&capabilities, &call.command())
            }
            _ => false,
        };
        safe && self.wrong_call(call).is_none()
    }

    /// Whether a call is refused without a file being read and without anybody being asked.
    fn needs_nothing(&self, call: &ToolCall) -> bool {
        if self.refuses(call).is_some() {
            return true;
        }
        match call.name.as_str() {
            // The file is looked at before all else.
            "Write" | "MultiEdit" => return false,
            "Edit" => {
                let edit = File::at(&call.input);
                return edit.old_string == edit.new_string;
            }
            _ if self.objection(call).is_some() => return true,
            _ => {}
        }
        if ["PreToolUse", "PermissionRequest"]
            .iter()
            .any(|event| self.hooks.want(event))
        {
            return false;
        }
        match self.decide(&self.located(call)) {
            Decision::Deny { .. } => true,
            Decision::Ask(_) => !self.setup.options.prompt_tool,
            Decision::Allow(_) | Decision::Granted(_) => false,
        }
    }
}
