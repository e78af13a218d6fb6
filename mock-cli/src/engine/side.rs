//! Requests that are made on the side, and count into `modelUsage` (PROTOCOL 8.1, 11).
//!
//! The agents are warmed up once a process, beside its first turn. Their requests are counted when they are
//! answered, which is a race with that turn: a single answer that comes at once is out before, and whatever else
//! takes time (a tool, a second request, a wait, a session that is read back) lets them be counted in its result.

use super::Engine;
use super::tools::parts;
use crate::process::Quit;
use crate::template::Vars;
use crate::time;
use crate::transcript::append;
use crate::turn::Usage;
use std::collections::BTreeSet;

/// How far the requests on the side are.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// The agents that are warmed up: id and model.
    warming: Vec<(String, String)>,
    /// Something took time before the agents were warmed up.
    late: bool,
    /// Commands that were asked about already.
    asked: BTreeSet<String>,
}

impl Engine {
    /// Warms up the agents, at the start of the first turn.
    pub(super) fn warm_up(&mut self) -> Result<(), Quit> {
        for model in &self.setup.profile.side.warm_ups {
            let model = match model.as_str() {
                "" => self.model.clone(),
                name => self.setup.profile.models.resolve(name).to_owned(),
            };
            let agent = self.write_warm_up(&model);
            self.side.warming.push((agent, model));
        }
        let ready = self.setup.session.resumed.is_some()
            || self.servers.iter().any(super::mcp::Server::is_connected);
        if ready || self.side.late {
            self.time_passes()?;
        }
        Ok(())
    }

    /// Notes that something took time.
    pub(super) fn time_passes(&mut self) -> Result<(), Quit> {
        self.side.late = true;
        for (agent, model) in std::mem::take(&mut self.side.warming) {
            self.asked_on_the_side(&model);
            self.tell_of_agent(&agent)?;
        }
        Ok(())
    }

    /// Tells the hooks that an agent has ended. (Nobody waits for what they say.)
    fn tell_of_agent(&mut self, agent: &str) -> Result<(), Quit> {
        let setup = &self.setup;
        let folder = setup.home.project_dir(setup.profile, &setup.cwd);
        let file = folder.join(format!("agent-{agent}.jsonl"));
        let vars = Vars::new()
            .with("stop_hook_active", false)
            .with("agent_id", agent)
            .with("agent_transcript_path", file.to_string_lossy().into_owned());
        self.tell_callbacks("SubagentStop", &vars)
    }

    /// The end of the process: hooks hear of it, and of the agents that are not done yet.
    pub(super) fn tell_end(&mut self) -> Result<(), Quit> {
        let vars = Vars::new().with("reason", "other");
        self.fire("SessionEnd", "", None, vars)?;
        self.time_passes()
    }

    /// Counts a request to a model.
    fn asked_on_the_side(&mut self, model: &str) {
        self.skip_request();
        let models = &self.setup.profile.models;
        self.costs.add(models, model, Usage::default());
        self.unreported.add(models, model, Usage::default());
    }

    /// Asks what a command does, before it is decided about: the whole of it, and each of several commands.
    pub(super) fn ask_about_command(&mut self, command: &str) {
        let Some(model) = self.small_model() else {
            return;
        };
        let Some(mut parts) = parts(command) else {
            return;
        };
        if parts.len() < 2 {
            parts.clear();
        }
        parts.insert(0, command.to_owned());
        for part in parts {
            if self.side.asked.insert(part) {
                self.asked_on_the_side(&model);
            }
        }
    }

    /// Asks which files a command that went well has shown.
    pub(super) fn ask_about_output(&mut self) {
        if let Some(model) = self.small_model() {
            self.asked_on_the_side(&model);
        }
    }

    /// The model that is asked about commands, if one is.
    fn small_model(&self) -> Option<String> {
        let profile = self.setup.profile;
        let name = profile.side.commands.as_deref()?;
        Some(profile.models.resolve(name).to_owned())
    }

    /// The transcript of an agent that is warmed up. Its id.
    fn write_warm_up(&mut self, model: &str) -> String {
        let setup = &mut self.setup;
        let agent = format!("a{}", setup.ids.hex(6));
        let name = format!("agent-{agent}.jsonl");
        let text = setup
            .session
            .recorder
            .warm_up(&agent, model, time::now_ms(), &mut setup.ids);
        if let Some(folder) = setup.session.file.as_ref().and_then(|file| file.parent()) {
            // As with the transcript: what cannot be written is lost without a word.
            let _ = append(&folder.join(name), setup.profile.files.mode, &text);
        }
        agent
    }
}
