//! What hooks say, and what that means.

use crate::process::HookEnd;
use crate::protocol::hooks::{Decision, ExitMeaning, Output, PermissionVerdict, RequestDecision};
use crate::protocol::mcp::Elicited;
use crate::protocol::wire::Nullable;
use serde_json::{Value, json};

/// What is told where a hook blocks and does not say why.
pub(in crate::engine) const NO_REASON: &str = "Blocked by hook";

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
    /// A callback has not answered, which counts as a no.
    pub(in crate::engine) unanswered: Option<Unanswered>,
    /// What is added to the conversation at a turn's end, which then goes on.
    pub(in crate::engine) goes_on: Option<String>,
    /// What is answered in the place of the user who would be asked.
    pub(in crate::engine) request: Option<RequestDecision>,
    /// The session's title from now on.
    pub(in crate::engine) title: Option<String>,
    /// What a command answers a server in the user's place.
    pub(in crate::engine) elicited: Option<Elicited>,
    /// Whether a hook failed, or what it said makes no sense.
    pub(in crate::engine) trouble: bool,
}

/// Why a callback has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Unanswered {
    /// Its time was up: the text.
    Late(String),
    /// stdin has ended.
    Ended,
}

/// What one hook came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Why it does not want it to be.
    pub(super) block: Option<String>,
    /// What it has to say to the user.
    pub(super) message: Option<String>,
    /// Whether what it said makes no sense.
    pub(super) unusable: bool,
}

/// Why a hook does not want it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The reason, as a version tells it that names the command.
    pub(super) told: String,
    /// The same, without the command that said so.
    pub(super) why: String,
    /// The same, as the transcript has it where a turn goes on; None: it has not.
    kept: Option<Value>,
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

    /// The last reason as the transcript has it.
    pub(in crate::engine) fn kept(&self) -> Option<Value> {
        self.blocks.last()?.kept.clone()
    }

    /// Takes a hook's answer.
    pub(super) fn take_answer(&mut self, event: &str, answer: Output) -> Verdict {
        if !is_valid(&answer) {
            self.trouble = true;
            return Verdict {
                unusable: true,
                ..Verdict::default()
            };
        }
        let own = answer.specific.unwrap_or_default();
        // Of a call it is decided before it runs, and at no other time (seen on 2.1.330).
        let verdict = own.permission_decision.value();
        let (verdict, decision) = (
            verdict.filter(|_| event == "PreToolUse"),
            answer.decision.value(),
        );
        let why = own.permission_decision_reason.unwrap_or_default();
        self.allow |=
            verdict == Some(&PermissionVerdict::Allow) || decision == Some(&Decision::Approve);
        if verdict == Some(&PermissionVerdict::Ask) {
            self.ask = Some(why.clone());
        }
        if event == "PreToolUse"
            && let Some(input) = own.updated_input
        {
            self.input = Some(input.into());
        }
        if event == "PermissionRequest" && own.decision.is_some() {
            self.request = own.decision;
        }
        if event == "Stop" && own.additional_context.is_some() {
            self.goes_on = own.additional_context;
        }
        if event == "UserPromptSubmit" && own.session_title.is_some() {
            self.title = own.session_title;
        }
        if answer.goes_on == Some(false) {
            self.stop = true;
            self.stop_reason = answer.stop_reason;
        }
        let block = if verdict == Some(&PermissionVerdict::Deny) {
            Some(why)
        } else if decision == Some(&Decision::Block) {
            Some(answer.reason.unwrap_or_default())
        } else {
            None
        };
        let block = block.map(|reason| match reason.as_str() {
            "" => NO_REASON.to_owned(),
            _ => reason,
        });
        self.blocks.extend(block.clone().map(|reason| Block {
            told: reason.clone(),
            kept: Some(json!({"blockingError": &reason})),
            why: reason,
        }));
        Verdict {
            block,
            message: answer.system_message,
            unusable: false,
        }
    }

    /// Takes what a command came to: exit code 2 blocks with what the command says on stderr; other failures are passed
    /// over, and so is what is no JSON.
    pub(super) fn take_end(
        &mut self,
        event: &str,
        command: &str,
        end: &HookEnd,
        capability: u8,
    ) -> Verdict {
        match ExitMeaning::of(end.code) {
            ExitMeaning::Answer => match Output::parse(&end.stdout) {
                Some(answer) if is_misnamed(&answer, event, capability) => {
                    self.trouble = true;
                    Verdict {
                        unusable: true,
                        ..Verdict::default()
                    }
                }
                Some(answer) => {
                    // Callbacks have no say in this (seen on 2.1.330).
                    if let Some(own) = answer.specific.as_ref().filter(|own| own.action.is_some())
                        && event.starts_with("Elicitation")
                    {
                        self.elicited = Some(Elicited {
                            action: own.action.clone(),
                            content: own.content.clone(),
                            ..Elicited::default()
                        });
                    }
                    let verdict = self.take_answer(event, answer);
                    let last = self.blocks.last_mut().filter(|_| verdict.block.is_some());
                    if let Some(Value::Object(kept)) = last.and_then(|last| last.kept.as_mut()) {
                        kept.insert("command".into(), command.into());
                    }
                    verdict
                }
                None => Verdict::default(),
            },
            ExitMeaning::Block => {
                let said = match end.stderr.as_str() {
                    "" => "No stderr output",
                    said => said,
                };
                let told = format!("[{command}]: {said}");
                self.blocks.push(Block {
                    told: told.clone(),
                    why: said.trim().to_owned(),
                    kept: None,
                });
                Verdict {
                    block: Some(told),
                    ..Verdict::default()
                }
            }
            ExitMeaning::Failure => {
                self.trouble = true;
                Verdict::default()
            }
        }
    }
}

/// Whether an answer has the types that the CLI's checker asks for.
fn is_valid(answer: &Output) -> bool {
    let own = answer.specific.as_ref();
    let verdict = own.and_then(|own| own.permission_decision.value());
    let untyped = own.is_some_and(|own| own.misfits().any(|key| key == "permissionDecision"));
    let odd = matches!(answer.decision, Nullable::Of(Decision::Other(_)))
        || matches!(verdict, Some(PermissionVerdict::Other(_)));
    answer.misfits().next().is_none() && !untyped && !odd
}

/// Whether an answer does not say for which event it is, or says another one: then none of it counts. The newest version
/// does not mind beside a decision of the older form.
fn is_misnamed(answer: &Output, event: &str, capability: u8) -> bool {
    answer
        .specific
        .as_ref()
        .is_some_and(|own| match &own.event {
            None => true,
            Some(named) => {
                let decided = answer.decision.value().is_some();
                named.as_str() != event && (capability < 4 || !decided)
            }
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn end(code: i32, stdout: &str, stderr: &str) -> HookEnd {
        HookEnd {
            code: Some(code),
            stdout: stdout.into(),
            stderr: stderr.into(),
        }
    }

    /// Seen on 1.0.108 (all reasons, marked) and 2.0.77 and 2.1.330 (the last one): two hooks that block.
    #[test]
    fn of_several_reasons_older_versions_tell_all_and_newer_ones_the_last() {
        let mut said = Said::default();
        said.take_end("PreToolUse", "a", &end(2, "", "quick\n"), 1);
        let slow = json!({"decision": "block", "reason": "slow"});
        said.take_answer("PreToolUse", Output::at(&slow));
        assert_eq!(said.block("- ").as_deref(), Some("[a]: quick\n\n- slow"));
        assert_eq!(said.block("").as_deref(), Some("slow"));
    }

    #[test]
    fn what_is_no_json_is_text_and_what_has_wrong_types_is_unusable() {
        let mut said = Said::default();
        let text = said.take_end("PreToolUse", "a", &end(0, "just text", ""), 3);
        assert_eq!(text, Verdict::default());
        let wrong = said.take_end("PreToolUse", "a", &end(0, r#"{"continue":"x"}"#, ""), 3);
        assert!(wrong.unusable && said.trouble && !said.stop);
    }

    /// Seen on 1.0.108, 2.0.77, 2.1.197 and 2.1.330: hooks that block and name another event, and no event.
    #[test]
    fn an_answer_for_another_event_counts_only_beside_a_decision_and_in_the_newest_version() {
        let asked =
            r#"{"continue":false,"stopReason":"r","hookSpecificOutput":{"hookEventName":"Stop"}}"#;
        let wrong =
            r#"{"decision":"block","reason":"r","hookSpecificOutput":{"hookEventName":"Stop"}}"#;
        let none =
            r#"{"decision":"block","reason":"r","hookSpecificOutput":{"additionalContext":"c"}}"#;
        for (capability, answer, counts) in [
            (1, wrong, false),
            (2, wrong, false),
            (3, wrong, false),
            (4, wrong, true),
            (4, asked, false),
            (1, none, false),
            (2, none, false),
            (4, none, false),
        ] {
            let mut said = Said::default();
            let verdict = said.take_end("PreToolUse", "a", &end(0, answer, ""), capability);
            assert_eq!(said.block("").is_some(), counts, "{capability}: {answer}");
            assert_eq!(verdict.unusable, !counts, "{capability}: {answer}");
        }
    }

    /// Seen on 1.0.108 and 2.1.330.
    #[test]
    fn a_hook_that_blocks_without_a_word_is_said_to_be_silent() {
        let mut said = Said::default();
        said.take_end("PreToolUse", "exit 2", &end(2, "", ""), 3);
        assert_eq!(
            said.block("").as_deref(),
            Some("[exit 2]: No stderr output")
        );
    }
}
