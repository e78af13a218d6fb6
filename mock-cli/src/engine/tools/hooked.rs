//! What hooks are told of calls, and what they decide in the user's place.

use super::round::Ready;
use super::{Done, ToolCall, accepted, rejected};
use crate::engine::turn::Turn;
use crate::engine::{Engine, Halt};
use crate::order;
use crate::permissions::Question;
use crate::process::Quit;
use crate::protocol::rules::{Behavior, Update};
use crate::protocol::wire::Wire;
use crate::template::Vars;
use serde_json::{Value, json};

impl Engine {
    /// The name by which hooks know a call's tool: newer versions have given one of them another name.
    pub(super) fn hook_tool<'c>(&self, call: &'c ToolCall) -> &'c str {
        match call.name.as_str() {
            "Task" if self.setup.profile.behaviour.hooks > 3 => "Agent",
            name => name,
        }
    }

    /// Notes a result for the hooks that hear of all results of a message together.
    pub(super) fn note_for_batch(&mut self, call: &ToolCall, done: &Done) {
        if self.setup.profile.behaviour.hooks > 3 && self.hooks.want("PostToolBatch") {
            let name = self.hook_tool(call);
            let told = json!({
                "tool_name": name, "tool_input": call.input, "tool_use_id": call.id, "tool_response": done.content,
            });
            self.hooks.batch.push((call.id.clone(), told));
        }
    }

    /// Runs calls that need no command; those that fail are told of first, as they take no time. True where the turn was
    /// stopped meanwhile.
    pub(super) fn run_all_here(
        &mut self,
        turn: &mut Turn,
        calls: Vec<(ToolCall, Value)>,
    ) -> Result<bool, Quit> {
        let mut halted = false;
        let mut results = Vec::new();
        for (call, decision) in calls {
            let mut done = self.run_here(&call)?;
            if self.progress.halt.is_some() {
                halted = true;
                let done = self.aborted(&call).unwrap_or_else(|| self.stopped(true));
                self.told(turn, &call, &done)?;
                continue;
            }
            done.decision = Some(decision);
            results.push((call, done));
        }
        order::sort_by_key(&mut results, |(_, done)| done.shape != super::Shape::Error);
        for (call, done) in &results {
            self.told_of(turn, call, done)?;
        }
        Ok(halted)
    }

    /// Tells the hooks of all results of a message.
    pub(super) fn tell_batch(&mut self, calls: &[ToolCall]) -> Result<(), Quit> {
        let mut batch = std::mem::take(&mut self.hooks.batch);
        // Results may have come in another order.
        order::sort_by_key(&mut batch, |(id, _)| {
            calls.iter().position(|call| call.id == *id)
        });
        let batch: Vec<Value> = batch.into_iter().map(|(_, told)| told).collect();
        if batch.is_empty() {
            return Ok(());
        }
        let id = format!("hook-{}", self.setup.ids.uuid());
        let vars = Vars::new().with("tool_calls", batch);
        let said = self.fire("PostToolBatch", "", Some(&id), vars)?;
        self.hooks.stop_after |= said.stop;
        Ok(())
    }

    /// Asks the hooks about a call that somebody would be asked about. None where none of them decides.
    pub(super) fn decided_by_hooks(
        &mut self,
        call: &ToolCall,
        question: &Question,
    ) -> Result<Option<Ready>, Quit> {
        if self.setup.profile.behaviour.hooks < 4 {
            return Ok(None);
        }
        let suggestions = question.suggestions.as_ref();
        let suggestions =
            suggestions.map(|list| list.iter().map(Update::write).collect::<Vec<Value>>());
        let vars = Vars::new()
            .with("tool_name", self.hook_tool(call))
            .with("tool_input", call.input.clone())
            .maybe("permission_suggestions", suggestions);
        let said = self.fire(
            "PermissionRequest",
            self.hook_tool(call),
            Some(&call.id),
            vars,
        )?;
        let Some(answer) = said.request else {
            return Ok(None);
        };
        Ok(match answer.behavior {
            Some(Behavior::Allow) => {
                if let Some(updates) = answer.updated_permissions.value() {
                    self.take_updates(updates)?;
                }
                let input = answer.updated_input.into_value().map(Value::Object);
                let call = ToolCall {
                    input: input.unwrap_or_else(|| call.input.clone()),
                    ..call.clone()
                };
                Some(Ready::Run(call, accepted("hook", Some("hook"))))
            }
            Some(Behavior::Deny) => {
                let text = answer.message.into_value();
                let text = text.unwrap_or_else(|| "Permission denied by hook".to_owned());
                let done = Done {
                    not_run: Some("permission-rule"),
                    decision: Some(rejected("hook", Some("hook"))),
                    ..Done::failed(&text)
                };
                self.count_denial(call);
                if answer.interrupt == Some(true) {
                    self.progress.halt = Some(Halt::Request);
                    return Ok(Some(Ready::Halted(Some(done))));
                }
                Some(Ready::Done(done))
            }
            _ => None,
        })
    }

    /// Tells the hooks of a result; newer versions do so before it is told to anybody else.
    pub(super) fn told_of(
        &mut self,
        turn: &mut Turn,
        call: &ToolCall,
        done: &Done,
    ) -> Result<(), Quit> {
        let first = self.setup.profile.behaviour.hooks > 1;
        if !first {
            self.told(turn, call, done)?;
        }
        if done.shape == super::Shape::Error && self.setup.profile.behaviour.hooks > 1 {
            let error = done.content.as_str().unwrap_or_default();
            let vars = Vars::new()
                .with("tool_name", self.hook_tool(call))
                .with("tool_input", call.input.clone())
                .with("tool_use_id", call.id.as_str())
                .with("error", error)
                .with("is_interrupt", false)
                .with("duration_ms", 1);
            // What is said of a failure does not end the turn.
            self.fire(
                "PostToolUseFailure",
                self.hook_tool(call),
                Some(&call.id),
                vars,
            )?;
        } else if done.shape != super::Shape::Error {
            let vars = Vars::new()
                .with("tool_name", self.hook_tool(call))
                .with("tool_input", call.input.clone())
                .with("tool_response", done.structured.clone())
                .with("tool_use_id", call.id.as_str())
                .with("duration_ms", 1);
            let said = self.fire("PostToolUse", self.hook_tool(call), Some(&call.id), vars)?;
            if first && self.progress.halt.is_some() {
                let done = self.stopped(true);
                return self.told(turn, call, &done);
            }
            self.hooks.stop_after |= said.stop;
            let mark = self.setup.profile.text("hook_mark");
            self.feed_back(turn, &call.name, said.block(mark).as_deref())?;
        }
        if first {
            self.told(turn, call, done)?;
        }
        self.tell_messages()?;
        for (name, vars) in std::mem::take(&mut self.hooks.notes) {
            self.attach(name, vars);
        }
        Ok(())
    }
}
