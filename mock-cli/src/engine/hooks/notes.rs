//! What hooks are told, and what the transcript keeps of them.

use super::outcome::context;
use super::{Action, Report, Round, Said};
use crate::engine::Engine;
use crate::process::{Quit, complain};
use crate::protocol::hooks::Output;
use crate::template::{Vars, render, text};
use serde_json::{Value, json};

impl Engine {
    /// Keeps what a command said, where the version does so; `block` where it blocks.
    pub(super) fn keep_hook(
        &mut self,
        round: &Round,
        command: &str,
        (out, err, code): (&str, &str, i32),
        block: Option<&str>,
    ) {
        let event = round.event;
        let answer = Output::parse(out).filter(|_| code == 0);
        let added = answer.as_ref().and_then(|_| context(event, out));
        let kind = match code {
            // Else it is kept with what the model is told.
            0 | 2 if block.is_some() && event == "PostToolUse" => "hook_blocking_error",
            _ if block.is_some() => return,
            0 if added.is_some() => "hook_additional_context",
            0 if out.is_empty() => return,
            0 => "hook_success",
            2 => return,
            _ => "hook_non_blocking_error",
        };
        let content = match (added, answer) {
            (Some(added), _) => json!([added]),
            (None, Some(_)) => "".into(),
            (None, None) => out.trim_end().into(),
        };
        let said = match kind {
            "hook_non_blocking_error" => {
                format!("Failed with non-blocking status code: {}", err.trim())
            }
            _ => err.to_owned(),
        };
        let blocking = block.map(|why| json!({"blockingError": why, "command": command}));
        let vars = Vars::new()
            .with("hook_name", round.name.as_str())
            .with("tool_use_id", round.tool_use_id.as_str())
            .with("hook_event", event)
            .with("content", content)
            .with("stdout", out)
            .with("stderr", said)
            .with("exit_code", code)
            .with("command", command)
            .maybe("blocking", blocking);
        match event {
            // These are kept with the prompt, and after the result.
            "UserPromptSubmit" | "PostToolUse" => self.hooks.notes.push((kind, vars)),
            "SessionEnd" => {}
            _ => self.attach(kind, vars),
        }
    }

    /// Keeps what the hooks at a turn's end came to; what they say to the model comes before.
    pub(super) fn stop_summary(&mut self, said: &Said, reports: &[Report], tool_use_id: &str) {
        let infos: Vec<&Value> = reports.iter().map(|r| &r.info).collect();
        let errors: Vec<&str> = reports.iter().filter_map(|r| r.error.as_deref()).collect();
        let output = reports.iter().any(|r| r.output || r.error.is_some());
        let vars = Vars::new()
            .with("hook_count", reports.len())
            .with("hook_infos", json!(infos))
            .with("hook_errors", errors)
            .with("has_output", output)
            .with("prevented", said.stop)
            .with("tool_use_id", tool_use_id);
        self.hooks.stop_note = Some(vars);
    }

    /// What an event's hooks are told.
    pub(super) fn hook_input(&self, event: &'static str, vars: Vars) -> Value {
        let transcript =
            self.setup
                .home
                .transcript(self.setup.profile, &self.setup.cwd, &self.setup.session.id);
        let prompt_id = self.setup.session.recorder.prompt_id().to_owned();
        let on_tools = matches!(
            event,
            "PreToolUse"
                | "PostToolUse"
                | "PostToolUseFailure"
                | "PostToolBatch"
                | "PermissionRequest"
                | "SubagentStop"
                | "Stop"
        );
        let outside = matches!(
            event,
            "SessionStart"
                | "SessionEnd"
                | "Elicitation"
                | "ElicitationResult"
                | "Notification"
                | "PreModelSwitch"
                | "PostModelSwitch"
                | "MessageDisplay"
                | "SubagentStart"
                | "PreCompact"
                | "PostCompact"
        );
        // At the start there is no prompt yet.
        let begins = event == "SessionStart" && vars.get("source") != Some(&"compact".into());
        let known = self.setup.profile.models.get(&self.model.name);
        let level = known.effort.as_deref().filter(|_| on_tools);
        // What an agent does is told of as its own.
        let speaks = self.setup.profile.behaviour.agents > 1 && self.agents.is_speaking();
        let vars = vars
            .maybe("agent_id", self.agents.id().filter(|_| speaks))
            .maybe("agent_type", self.agents.speaking().filter(|_| speaks))
            .with("event", event)
            .with("session_id", self.setup.session.id.as_str())
            .with("transcript_path", transcript.to_string_lossy().into_owned())
            .with("cwd", self.setup.cwd.to_string_lossy().into_owned())
            .maybe(
                "prompt_id",
                Some(prompt_id).filter(|id| !begins && !id.is_empty()),
            )
            .maybe(
                "permission_mode",
                (!outside).then_some(self.permissions.mode.as_str()),
            )
            .maybe("effort", level.map(|level| json!({"level": level})));
        render(&self.setup.profile.message("hook_input"), &vars)
    }

    /// Tells the callbacks of an event, without waiting for what they say.
    pub(in crate::engine) fn tell_callbacks(
        &mut self,
        event: &'static str,
        vars: &Vars,
    ) -> Result<(), Quit> {
        for hook in self.hooks.matching(event, "") {
            let Action::Callback(id) = hook.action else {
                continue;
            };
            let input = self.hook_input(event, vars.clone());
            let tool_use_id = self.setup.ids.uuid();
            self.send_callback(&id, &input, &tool_use_id)?;
        }
        Ok(())
    }

    /// Sends the request; None where nobody can be asked any more, which some versions complain of.
    pub(super) fn send_callback(
        &mut self,
        id: &str,
        input: &Value,
        tool_use_id: &str,
    ) -> Result<Option<String>, Quit> {
        if self.queue.input_ended {
            let vars = Vars::new().with("id", id);
            complain(&text(self.setup.profile.text("hook_unheard"), &vars));
            return Ok(None);
        }
        let request = self.setup.ids.uuid();
        self.setup.out.message(json!({
            "type": "control_request", "request_id": request,
            "request": {"subtype": "hook_callback", "callback_id": id, "input": input, "tool_use_id": tool_use_id},
        }))?;
        Ok(Some(request))
    }
}
