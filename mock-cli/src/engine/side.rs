//! Requests that are made on the side, and count into `modelUsage` (PROTOCOL 8.1, 11).
//!
//! The agents are warmed up once a process, beside its first turn. Their requests are counted when they are
//! answered, which is a race with that turn: a single answer that comes at once is out before, and whatever else
//! takes time (a tool, a second request, a wait, a session that is read back) lets them be counted in its result.

use super::Engine;
use super::tools::parts;
use crate::time;
use crate::transcript::append;
use crate::turn::Usage;
use std::collections::BTreeSet;

/// How far the requests on the side are.
#[derive(Debug, Default)]
pub(super) struct Side {
    warming: bool,
    /// Something took time before the agents were warmed up.
    late: bool,
    /// Commands that were asked about already.
    asked: BTreeSet<String>,
}

impl Engine {
    /// Warms up the agents, at the start of the first turn.
    pub(super) fn warm_up(&mut self) {
        let models = self.setup.profile.side.warm_ups.clone();
        if models.is_empty() {
            return;
        }
        for model in models {
            self.write_warm_up(&model);
        }
        self.side.warming = true;
        let ready = self.setup.session.resumed.is_some()
            || self.servers.iter().any(super::mcp::Server::is_connected);
        if ready || self.side.late {
            self.time_passes();
        }
    }

    /// Notes that something took time.
    pub(super) fn time_passes(&mut self) {
        if !std::mem::take(&mut self.side.warming) {
            self.side.late = true;
            return;
        }
        for model in self.setup.profile.side.warm_ups.clone() {
            self.asked_on_the_side(&model);
        }
    }

    /// Counts a request to a model, empty: the session's.
    fn asked_on_the_side(&mut self, model: &str) {
        self.skip_request();
        let models = &self.setup.profile.models;
        let model = if model.is_empty() {
            self.model.clone()
        } else {
            models.resolve(model).to_owned()
        };
        self.costs.add(models, &model, Usage::default());
        self.unreported.add(models, &model, Usage::default());
    }

    /// Asks what a command does, before it is decided about: the whole of it, and each of several commands.
    pub(super) fn ask_about_command(&mut self, command: &str) {
        let Some(model) = self.setup.profile.side.commands.clone() else {
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
        if let Some(model) = self.setup.profile.side.commands.clone() {
            self.asked_on_the_side(&model);
        }
    }

    /// The transcript of an agent that is warmed up.
    fn write_warm_up(&mut self, model: &str) {
        let setup = &mut self.setup;
        let resolved = if model.is_empty() {
            &self.model
        } else {
            setup.profile.models.resolve(model)
        };
        let model = resolved.to_owned();
        let agent = format!("a{}", setup.ids.hex(6));
        let name = format!("agent-{agent}.jsonl");
        let text = setup
            .session
            .recorder
            .warm_up(&agent, &model, time::now_ms(), &mut setup.ids);
        if let Some(folder) = setup.session.file.as_ref().and_then(|file| file.parent()) {
            // As with the transcript: what cannot be written is lost without a word.
            let _ = append(&folder.join(name), setup.profile.files.mode, &text);
        }
    }
}
