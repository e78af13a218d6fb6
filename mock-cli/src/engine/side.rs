//! Requests that are made on the side, and count into `modelUsage` (PROTOCOL 8.1, 11).
//!
//! The agents are warmed up once a process, beside its first turn. Their requests are counted when they are
//! answered, which is a race with that turn: a single answer that comes at once is out before, and whatever else
//! takes time (a tool, a second request, a wait, a session that is read back) lets them be counted in its result.

use super::Engine;
use super::tools::parts;
use crate::argv::Resume;
use crate::order::SortedSet;
use crate::process::Quit;
use crate::template::{Vars, render};
use crate::time;
use crate::transcript::append;
use crate::turn::Usage;
use serde_json::{Value, json};

/// How far the requests on the side are.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// The agents that are warmed up.
    warming: Vec<Agent>,
    /// Something took time before the agents were warmed up.
    late: bool,
    /// Commands that were asked about already.
    asked: SortedSet<String>,
}

/// An agent that is warmed up.
#[derive(Debug)]
struct Agent {
    id: String,
    model: String,
    /// The line that asks it.
    prompt: String,
}

impl Engine {
    /// Warms up the agents, at the start of the first turn.
    pub(super) fn warm_up(&mut self) -> Result<(), Quit> {
        if !may_warm_up() {
            return Ok(());
        }
        for model in &self.setup.profile.side.warm_ups {
            let model = match model.as_str() {
                "" => self.model.name.clone(),
                name => self.setup.profile.models.resolve(name).to_owned(),
            };
            let ids = &mut self.setup.ids;
            let agent = Agent {
                id: format!("a{}", ids.hex(6)),
                model,
                prompt: ids.uuid(),
            };
            let vars = Vars::new()
                .with("session_id", self.setup.startup.session())
                .with("parent_uuid", serde_json::Value::Null)
                .with("message", json!({"role": "user", "content": "Warmup"}))
                .with("uuid", agent.prompt.as_str());
            self.write_of_agent(&agent, "agent_user", vars);
            self.model.side.warming.push(agent);
        }
        let ready = self.setup.session.resumed.is_some()
            || self
                .mcp
                .servers
                .iter()
                .any(super::mcp::Server::is_connected);
        if ready || self.model.side.late {
            self.time_passes()?;
        }
        Ok(())
    }

    /// Notes that something took time.
    pub(super) fn time_passes(&mut self) -> Result<(), Quit> {
        self.model.side.late = true;
        for agent in std::mem::take(&mut self.model.side.warming) {
            self.asked_on_the_side(&agent.model);
            self.keep_warm(&agent);
            self.tell_of_agent(&agent.id)?;
        }
        Ok(())
    }

    /// Keeps the answer of an agent.
    fn keep_warm(&mut self, agent: &Agent) {
        let setup = &mut self.setup;
        let (message, request) = match &self.model.api {
            Some(api) => api.last_ids(),
            None => (
                setup.ids.tagged("msg_01", 22),
                setup.ids.tagged("req_011C", 20),
            ),
        };
        // A session that was named is found by then, the latest one is not.
        let session = match setup.options.resume {
            Resume::Latest => setup.startup.session(),
            _ => &setup.session.id,
        };
        let api = Vars::new()
            .with("message_id", message)
            .with("model", agent.model.as_str())
            .with("content", json!([{"type": "text", "text": "side-reply"}]))
            .with("stop_reason", "end_turn")
            .with("stop_sequence", Value::Null)
            .with("usage", Usage::default().json());
        let vars = Vars::new()
            .with("session_id", session)
            .with("parent_uuid", agent.prompt.as_str())
            .with("uuid", setup.ids.uuid())
            .with("request_id", request)
            .with(
                "message",
                render(&setup.profile.message("api_message_kept"), &api),
            );
        self.write_of_agent(agent, "agent_assistant", vars);
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

    /// The end of the process: hooks hear of it, and of the agents that are done by then: all but the last one.
    pub(super) fn tell_end(&mut self) -> Result<(), Quit> {
        let reason = "other";
        let vars = Vars::new().with("reason", reason);
        self.fire("SessionEnd", reason, None, vars)?;
        self.model.side.warming.pop();
        self.time_passes()
    }

    /// Counts a request to a model.
    pub(super) fn asked_on_the_side(&mut self, model: &str) {
        self.skip_request();
        if let Some(api) = &mut self.model.api {
            api.skip_message();
        }
        let models = &self.setup.profile.models;
        self.model.costs.add(models, model, Usage::default());
        self.model.unreported.add(models, model, Usage::default());
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
            if self.model.side.asked.insert(part) {
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

    /// Writes a line of an agent's own transcript, which lies beside the session's.
    fn write_of_agent(&mut self, agent: &Agent, name: &str, vars: Vars) {
        let setup = &self.setup;
        let vars = vars.with("agent_id", agent.id.as_str());
        let line = setup.session.recorder.aside(name, &vars, time::now_ms());
        if let Some(folder) = setup.session.file.as_ref().and_then(|file| file.parent())
            && let Some(line) = line
        {
            let file = folder.join(format!("agent-{}.jsonl", agent.id));
            // As with the transcript: what cannot be written is lost without a word.
            let _ = append(&file, setup.profile.files.mode, &line);
        }
    }
}

/// Whether agents can be started: they keep their tasks in a folder that all users share, and are silent where it
/// belongs to somebody else.
fn may_warm_up() -> bool {
    let shared = std::path::Path::new("/tmp/claude");
    !shared.exists() || rustix::fs::access(shared, rustix::fs::Access::WRITE_OK).is_ok()
}
