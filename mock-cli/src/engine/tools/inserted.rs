//! Commands in the text of a prompt of the user's own: what `` !`…` `` prints stands in its place.

use super::ToolCall;
use crate::engine::Engine;
use crate::engine::own::Expansion;
use crate::permissions::{Behavior, Decision, Rule, Source};
use crate::process::Quit;
use serde_json::json;
use std::time::{Duration, Instant};

impl Engine {
    /// Runs the commands of a text, as far as it may; else what is wrong. (Seen on 1.0.108, 2.0.77 and 2.1.330.)
    pub(in crate::engine) fn insert_output(
        &mut self,
        expansion: &mut Expansion,
    ) -> Result<Result<(), String>, Quit> {
        let text = std::mem::take(&mut expansion.text);
        let mut filled = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once("!`") {
            let Some((command, after)) = behind.split_once('`') else {
                break;
            };
            filled.push_str(before);
            match self.inserted(command, &expansion.tools)? {
                Ok(output) => filled.push_str(&output),
                Err(why) => return Ok(Err(why)),
            }
            rest = after;
        }
        expansion.text = filled + rest;
        Ok(Ok(()))
    }

    fn inserted(
        &mut self,
        command: &str,
        tools: &[String],
    ) -> Result<Result<String, String>, Quit> {
        let what = self.setup.profile.text("inserted_command");
        let call = ToolCall {
            id: String::new(),
            name: "Bash".to_owned(),
            input: json!({"command": command}),
            assistant: String::new(),
        };
        let mut rules = self.permissions.rules.clone();
        let allowed = tools
            .iter()
            .map(|tool| (Behavior::Allow, Rule::parse(tool)));
        rules.add(Source::Session, allowed);
        let refusal = match rules.decide(&self.setup.profile.capabilities(), &self.use_of(&call)) {
            Decision::Allow(_) | Decision::Granted(_) => None,
            Decision::Deny { message, .. } => Some(message),
            Decision::Ask(question) => Some(question.message),
        };
        if let Some(message) = refusal {
            return Ok(Err(format!(
                "{what} permission check failed for pattern \"!`{command}`\": {message}"
            )));
        }
        self.ask_about_command(command);
        let job = match self.start_command(&call) {
            Ok(job) => job,
            Err(error) => return Ok(Err(format!("{what} failed: {error}"))),
        };
        let until = Instant::now() + Duration::from_millis(self.usual_limit_ms());
        let ended = self.wait_for_command(&[&call], until)?;
        let Some(running) = self.tools.running.remove(&job) else {
            return Ok(Err(format!("{what} failed: the command was lost")));
        };
        let Some((_, code)) = ended else {
            self.setup.ending.kill(running.group);
            return Ok(Err(format!(
                "{what} timed out for pattern \"!`{command}`\""
            )));
        };
        self.setup.ending.has_ended(running.group);
        let output = running.output();
        let mut said = output.out.trim_end().to_owned();
        if !output.err.trim().is_empty() {
            said = format!("{said}\n[stderr]\n{}", output.err.trim());
        }
        if code != 0 {
            return Ok(Err(format!(
                "{what} failed for pattern \"!`{command}`\": {}",
                said.trim_start()
            )));
        }
        Ok(Ok(said))
    }
}
