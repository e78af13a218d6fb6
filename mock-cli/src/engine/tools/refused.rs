//! What stands for the result of a call that did not run to its end.

use super::round::call_of;
use super::{Done, Shape, ToolCall, rejected};
use crate::engine::hooks::{NO_REASON, Unanswered};
use crate::engine::message::Message;
use crate::engine::turn::Turn;
use crate::engine::{Engine, Halt};
use crate::process::Quit;
use crate::template::{Vars, text};
use serde_json::{Value, json};

impl Engine {
    /// The result of a call that a hook has denied.
    pub(super) fn hook_denied(&mut self, call: &ToolCall, reason: &str) -> Done {
        let profile = self.setup.profile;
        if profile.behaviour.permissions >= 3 {
            self.count_denial(call);
        }
        let silent = reason == NO_REASON && !profile.text("hook_denied_silent").is_empty();
        let name = match reason {
            _ if silent => "hook_denied_silent",
            reason if reason.starts_with('[') => "hook_denied_command",
            _ => "hook_denied",
        };
        let vars = Vars::new()
            .with("tool", call.name.as_str())
            .with("reason", reason);
        Done {
            not_run: Some("permission-rule"),
            decision: Some(rejected("hook", Some("hook"))),
            ..Done::failed(&text(profile.text(name), &vars))
        }
    }

    /// The result of a call of which a callback was to say whether it may run, and did not.
    pub(super) fn hook_missing(&self, unanswered: &Unanswered) -> Done {
        match unanswered {
            Unanswered::Late(text) => Done {
                meta: false,
                ..Done::failed(text)
            },
            Unanswered::Ended => {
                let text = self.setup.profile.text("hook_ended");
                Done {
                    structured: text.into(),
                    not_run: Some("cancelled"),
                    ..Done::failed(text)
                }
            }
        }
    }

    /// Tells of a denial that nobody was asked about.
    pub(super) fn denied(
        &mut self,
        call: &ToolCall,
        message: &str,
        reason: Option<&str>,
        why: Option<&str>,
    ) -> Result<(), Quit> {
        self.count_denial(call);
        let newest = self.setup.profile.behaviour.permissions >= 4;
        // The version before the newest one tells of it where somebody can be asked.
        if !newest && !self.setup.options.prompt_tool {
            return Ok(());
        }
        let unchecked = newest && reason == Some("classifier");
        if unchecked && !self.permissions.told_unchecked {
            self.permissions.told_unchecked = true;
            let vars = self.vars();
            self.emit("auto_mode_unchecked", &vars)?;
        }
        let vars = self
            .vars()
            .maybe(
                "unchecked",
                unchecked.then_some("auto_mode_no_check_in_session"),
            )
            .with("tool_name", call.name.as_str())
            .with("tool_use_id", call.id.as_str())
            .with("message", message)
            .maybe("agent_id", self.agents.id())
            .maybe("decision_reason_type", reason)
            .maybe("decision_reason", why.filter(|why| !why.is_empty()));
        self.emit("permission_denied", &vars)
    }

    pub(super) fn count_denial(&mut self, call: &ToolCall) {
        let (name, id, input) = (&call.name, &call.id, &call.input);
        self.permissions
            .denials
            .push(json!({"tool_name": name, "tool_use_id": id, "tool_input": input}));
    }

    /// The result of a call that the user stopped, while it ran or before.
    pub(super) fn stopped(&self, running: bool) -> Done {
        let profile = self.setup.profile;
        let by_request = self.progress.halt == Some(Halt::Request);
        let name = if running && by_request {
            "rejected_running"
        } else {
            "rejected"
        };
        let text = match profile.text(name) {
            "" if !running && !profile.text("not_begun").is_empty() => profile.text("not_begun"),
            "" if running => profile.text("interrupted_tool"),
            "" => "[Request interrupted by user for tool use]",
            text => text,
        };
        let structured: Value = if text == profile.text("not_begun") {
            text.into()
        } else if profile.text("rejected").is_empty() {
            format!("Error: {text}").into()
        } else {
            "User rejected tool use".into()
        };
        Done {
            structured,
            not_run: Some("user-rejected"),
            decision: None,
            ..Done::failed(text)
        }
    }

    /// The results of tools whose answer was refused: they have not run, but for what was wrong with them.
    pub(in crate::engine) fn refuse_tools(
        &mut self,
        turn: &mut Turn,
        message: &Message,
    ) -> Result<(), Quit> {
        let profile = self.setup.profile;
        let text = profile.text("refused_call");
        let calls: Vec<ToolCall> = message.tools().map(call_of).collect();
        for call in &self.without_told(turn, &calls) {
            let done = Done {
                structured: text.into(),
                shape: Shape::Interrupted,
                not_run: Some("interrupted"),
                decision: None,
                ..Done::failed(text)
            };
            self.told(turn, call, &done)?;
        }
        self.keep_answered();
        Ok(())
    }

    /// The result of a server's tool that was called when the turn was stopped, where it is one of its own.
    pub(super) fn aborted(&self, call: &ToolCall) -> Option<Done> {
        let text = self.setup.profile.mcp.aborted.as_deref();
        let text = text.filter(|_| call.name.starts_with("mcp__"))?;
        Some(match text {
            "" => Done::plain(Value::Null, Value::Null),
            text => Done::failed(text),
        })
    }
}
