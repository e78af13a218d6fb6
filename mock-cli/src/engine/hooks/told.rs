//! Events that hooks only hear of, or that are about subagents.

use super::outcome::Said;
use crate::engine::Engine;

use crate::engine::message::Message;
use crate::process::Quit;
use crate::template::{Vars, text};
use std::path::PathBuf;

impl Engine {
    /// Tells the hooks of the text that a message shows.
    pub(in crate::engine) fn tell_display(&mut self, message: &Message) -> Result<(), Quit> {
        if self.setup.profile.behaviour.hooks < 4 || !self.hooks.want("MessageDisplay") {
            return Ok(());
        }
        let texts = message
            .blocks
            .iter()
            .filter_map(|sent| sent.block.as_text());
        let shown: String = texts.collect();
        if shown.is_empty() {
            return Ok(());
        }
        let (turn, message) = (self.setup.ids.uuid(), self.setup.ids.uuid());
        let vars = Vars::new()
            .with("turn_id", turn)
            .with("message_id", message.as_str())
            .with("index", 0)
            .with("final", true)
            .with("delta", shown);
        self.fire("MessageDisplay", "", Some(&format!("{message}-0")), vars)?;
        Ok(())
    }

    /// Tells the hooks that a subagent begins.
    pub(in crate::engine) fn tell_agent_start(&mut self, id: &str, kind: &str) -> Result<(), Quit> {
        if self.setup.profile.behaviour.hooks < 2 {
            return Ok(());
        }
        let vars = Vars::new().with("agent_id", id).with("agent_type", kind);
        self.fire("SubagentStart", kind, None, vars)?;
        Ok(())
    }

    /// Tells the hooks that a subagent has ended, with its report.
    pub(in crate::engine) fn tell_agent_stop(
        &mut self,
        id: &str,
        kind: &str,
        report: &str,
        again: bool,
    ) -> Result<Said, Quit> {
        let newest = self.setup.profile.behaviour.hooks > 3;
        let transcript = self.agent_transcript(id);
        let vars = Vars::new()
            .with("stop_hook_active", again)
            .with("agent_id", id)
            .maybe("agent_type", newest.then_some(kind))
            .with(
                "agent_transcript_path",
                transcript.to_string_lossy().into_owned(),
            )
            .with("last_assistant_message", report)
            .with("background_tasks", self.agents_for_hooks())
            .with("session_crons", Vec::<serde_json::Value>::new());
        let subject = if newest { kind } else { "" };
        self.fire("SubagentStop", subject, None, vars)
    }

    /// Where hooks are told that a subagent's transcript is.
    fn agent_transcript(&self, id: &str) -> PathBuf {
        let setup = &self.setup;
        let folder = setup.home.project_dir(setup.profile, &setup.cwd);
        let place = setup.profile.text("agent_file");
        if place.is_empty() {
            return folder.join(format!("agent-{id}.jsonl"));
        }
        let vars = Vars::new()
            .with("id", id)
            .with("session", setup.session.id.as_str());
        folder.join(text(place, &vars))
    }
}
