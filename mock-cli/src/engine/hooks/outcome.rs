//! What hooks say, and what that means.

use crate::process::HookEnd;
use crate::protocol::hooks::{Decision, ExitMeaning, Output, PermissionVerdict};
use serde_json::Value;

/// What the hooks of an event have to say, taken together.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Said {
    /// Why it is not to be, by each hook that says so, in the order in which they came to their end.
    pub(super) blocks: Vec<Block>,
    /// The turn is to end after this, and why.
    pub(in crate::engine) stop: bool,
    pub(in crate::engine) stop_reason: Option<String>,
    /// It may be, nobody is to be asked.
    pub(in crate::engine) allow: bool,
    /// Somebody is to be asked, whatever else allows it.
    pub(in crate::engine) ask: Option<String>,
    /// The input instead.
    pub(in crate::engine) input: Option<Value>,
    /// A callback has not answered in time, which counts as a no: the text.
    pub(in crate::engine) unanswered: Option<String>,
}

/// Why a hook does not want it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The reason, as a version tells it that names the command.
    pub(super) told: String,
    /// The same, without the command that said so.
    pub(super) why: String,
}

impl Said {
    /// Why it is not to be: versions that mark each reason tell all of them, others the last one.
    pub(in crate::engine) fn block(&self, mark: &str) -> Option<String> {
        let last = self.blocks.last()?;
        if mark.is_empty() {
            return Some(last.told.clone());
        }
        let told: Vec<&str> = self
            .blocks
            .iter()
            .map(|block| block.told.as_str())
            .collect();
        Some(told.join(&format!("\n{mark}")))
    }

    /// The last reason, without the command that gave it.
    pub(in crate::engine) fn why(&self) -> Option<&str> {
        self.blocks.last().map(|block| block.why.as_str())
    }

    /// Takes a hook's answer. Returns why it does not want it to be, where it says so.
    pub(super) fn take_answer(&mut self, event: &str, answer: Output) -> Option<String> {
        let own = answer.specific.unwrap_or_default();
        let why = own.permission_decision_reason.unwrap_or_default();
        self.allow |= own.permission_decision == Some(PermissionVerdict::Allow)
            || answer.decision == Some(Decision::Approve);
        if own.permission_decision == Some(PermissionVerdict::Ask) {
            self.ask = Some(why.clone());
        }
        if event == "PreToolUse"
            && let Some(input) = own.updated_input
        {
            self.input = Some(input.into());
        }
        if answer.goes_on == Some(false) {
            self.stop = true;
            self.stop_reason = answer.stop_reason;
        }
        let reason = if own.permission_decision == Some(PermissionVerdict::Deny) {
            why
        } else if answer.decision == Some(Decision::Block) {
            answer.reason.unwrap_or_default()
        } else {
            return None;
        };
        self.blocks.push(Block {
            told: reason.clone(),
            why: reason.clone(),
        });
        Some(reason)
    }

    /// Takes what a command came to: exit code 2 blocks with what it says on stderr, other failures are passed over.
    pub(super) fn take_end(&mut self, event: &str, command: &str, end: &HookEnd) -> Option<String> {
        match ExitMeaning::of(end.code) {
            ExitMeaning::Answer => self.take_answer(event, Output::parse(&end.stdout)?),
            ExitMeaning::Block => {
                let told = format!("[{command}]: {}", end.stderr);
                self.blocks.push(Block {
                    told: told.clone(),
                    why: end.stderr.trim().to_owned(),
                });
                Some(told)
            }
            ExitMeaning::Failure => None,
        }
    }
}

/// What a hook that went well adds to the conversation: its text, or what its answer names.
pub(super) fn context(event: &str, out: &str) -> Option<String> {
    if !matches!(event, "SessionStart" | "UserPromptSubmit" | "PostToolUse") {
        return None;
    }
    let text = match serde_json::from_str::<Value>(out) {
        Ok(Value::Object(answer)) => {
            let own = Output::of(answer).specific;
            own.and_then(|own| own.additional_context)
                .unwrap_or_default()
        }
        Ok(Value::Null) => String::new(),
        // What a command prints after a tool is for nobody.
        _ if event == "PostToolUse" => String::new(),
        _ => out.trim().to_owned(),
    };
    (!text.is_empty()).then_some(text)
}
