//! The control protocol, as far as the client asks (PROTOCOL 7).

use super::model::default_model;
use super::own::Own;
use super::switch::Switch;
use super::{Engine, Halt};
use crate::faults::{Handshake, Ignored};
use crate::order::SortedMap;
use crate::process::Quit;
use crate::profile::{InitializeAgain, ModeChange, SetModel, UnknownControl};
use crate::protocol::Named;
use crate::protocol::control::{
    Initialize, Request, Response, SetModel as ToModel, SetPermissionMode,
};
use crate::protocol::rules::Mode;
use crate::template::{Vars, render, text};
use serde_json::{Map, Value, json};

/// Requests that go to and fro.
#[derive(Debug, Default)]
pub(super) struct Control {
    pub(super) initialized: bool,
    /// Whether the client has brought hooks along.
    hooks_given: bool,
    /// Requests of ours whose answers are waited for.
    pub(super) pending: Vec<String>,
    /// Answers to requests of ours.
    pub(super) answers: SortedMap<String, Response>,
    /// Another model that hooks are told of once the request in hand is answered.
    pub(super) switched: Option<Switch>,
    /// Tools by other names of the client's.
    pub(super) tool_names: Named<String>,
    /// How the control request in hand is answered.
    answers_requests: Handshake,
}

impl Engine {
    /// Answers a control request, at once and in the order in which they come, also during a turn.
    pub(super) fn control(&mut self, id: Option<Value>, request: &Request) -> Result<(), Quit> {
        let subtype = request.kind();
        let faults = &self.setup.faults;
        self.control.answers_requests = match subtype {
            "initialize" => faults.initialize,
            other => faults.control.get(other).copied().unwrap_or_default(),
        };
        let profile = self.setup.profile;
        if let (Request::Other(map), Some(refusal)) =
            (request, profile.control.refusals.get(subtype))
        {
            let server = map.get("serverName").and_then(Value::as_str);
            if server.is_none() || !profile.control.payloads.contains_key(subtype) {
                let vars = Vars::new().with("server", server.unwrap_or_default());
                return self.fail(id, &text(refusal, &vars), None);
            }
        }
        match request {
            Request::Initialize(request) => {
                self.take_initialize(request)?;
                self.initialize(id)
            }
            Request::Interrupt(_) if self.setup.faults.ignores(Ignored::Interrupt) => Ok(()),
            Request::Interrupt(request) => {
                let cancels =
                    request.cancel_queued == Some(true) && !profile.control.interrupt.is_null();
                let queued: Vec<String> = self
                    .queue
                    .prompts
                    .iter()
                    .filter_map(|p| p.uuid.clone())
                    .collect();
                let mut cancelled = None;
                let mut left = queued.clone();
                if cancels {
                    for prompt in std::mem::take(&mut self.queue.prompts) {
                        self.keep_cancelled(&prompt);
                    }
                    left.clear();
                    for uuid in &queued {
                        self.lifecycle(uuid, "cancelled")?;
                    }
                    cancelled = Some(queued);
                }
                let vars = Vars::new()
                    .with("still_queued", left)
                    .maybe("cancelled", cancelled);
                let payload = render(&*profile.control.interrupt, &vars);
                self.withdraw()?;
                self.succeed(id, payload)?;
                if self.progress.in_turn {
                    self.progress.halt = Some(Halt::Request);
                }
                Ok(())
            }
            Request::SetPermissionMode(request) => self.set_mode(id, request),
            Request::SetMaxThinkingTokens(request)
                if request.rest.contains_key("max_thinking_tokens")
                    && profile.behaviour.mode_change == ModeChange::Known =>
            {
                let wrong = profile.text("thinking_tokens_wrong").to_owned();
                self.fail(id, &wrong, None)
            }
            Request::SetModel(request) if profile.behaviour.set_model != SetModel::Silent => {
                self.set_model(id, request)
            }
            _ if subtype.starts_with("mcp_") => match self.mcp_request(id.clone(), request)? {
                Some(()) => Ok(()),
                None => self.unknown_request(id, subtype),
            },
            Request::RewindFiles(asked) if profile.control.payloads.contains_key(subtype) => {
                self.rewind(id, asked)
            }
            _ if profile.control.payloads.contains_key(subtype) => self.inform(id, request),
            _ if subtype.is_empty() => self.unknown_request(id, "undefined"),
            _ => self.unknown_request(id, subtype),
        }
    }

    fn unknown_request(&mut self, id: Option<Value>, subtype: &str) -> Result<(), Quit> {
        if self.setup.profile.behaviour.unknown_control == UnknownControl::Silent {
            // The client waits for an answer for a while.
            return self.time_passes();
        }
        let text = format!("Unsupported control request subtype: {subtype}");
        self.fail(id, &text, Some("unsupported_request"))
    }

    /// What the client brings along.
    fn take_initialize(&mut self, request: &Initialize) -> Result<(), Quit> {
        if self.control.initialized || self.progress.turns > 0 {
            return Ok(());
        }
        if let Some(hooks) = request.hooks.value() {
            self.control.hooks_given = true;
            self.hooks.register(hooks);
        }
        if let Some(title) = request.title.value() {
            self.entitle(title)?;
        } else if let Some(title) = self.setup.session.title.clone() {
            let changed = self.vars().with("title", title);
            self.emit("title_changed", &changed)?;
        }
        if let Some(agents) = request.agents.value() {
            self.setup.own.of_client = agents.keys().cloned().collect();
            self.setup.own.give_agents(agents);
        }
        if let Some(names) = request.tool_aliases.value() {
            self.control.tool_names = names.clone();
        }
        self.take_sdk_servers(request.sdk_mcp_servers.value().map_or(&[], Vec::as_slice))
    }

    fn initialize(&mut self, id: Option<Value>) -> Result<(), Quit> {
        let again = self.control.initialized || self.progress.turns > 0;
        self.control.initialized = true;
        let answer = self.setup.profile.behaviour.initialize_again;
        if again && answer == InitializeAgain::Error {
            let mut response = Map::new();
            response.insert("subtype".into(), "error".into());
            response.insert("error".into(), "Already initialized".into());
            response.extend(id.map(|id| ("request_id".to_owned(), id)));
            response.extend(self.setup.profile.control.initialize_beside.clone());
            return self.respond(response);
        }
        let vars = self
            .vars()
            .with(
                "output_style",
                self.setup.settings.output_style().unwrap_or("default"),
            )
            .maybe("hooks_applied", self.control.hooks_given.then_some(true))
            .with("pid", std::process::id())
            .with(
                "session_state",
                if self.progress.in_turn {
                    "running"
                } else {
                    "idle"
                },
            )
            .with(
                "output_styles_dir",
                self.setup
                    .home
                    .config_dir
                    .join("output-styles")
                    .to_string_lossy()
                    .into_owned(),
            );
        let vars = self.model.login.account(vars);
        let control = &self.setup.profile.control;
        let vars = vars
            .with("commands", self.told_commands())
            .with("agents", self.told_agents());
        let mut payload = render(&*control.initialize, &vars);
        if let Some(styles) = payload.get_mut("available_output_styles")
            && let Some(styles) = styles.as_array_mut()
        {
            let own = Own::styles(&self.setup.home, &self.setup.cwd);
            styles.extend(own.into_iter().map(Value::from));
        }
        let mut response = success(id, payload);
        let more = match self.setup.profile.behaviour.initialize_again {
            InitializeAgain::Error => false,
            InitializeAgain::AnswerWithMore => again,
            InitializeAgain::Answer => true,
        };
        if more {
            response.extend(control.initialize_beside.clone());
        }
        self.respond(response)?;
        if again {
            self.tell_tasks()?;
        }
        Ok(())
    }

    fn set_mode(&mut self, id: Option<Value>, request: &SetPermissionMode) -> Result<(), Quit> {
        let control = &self.setup.profile.control;
        let known = self.setup.profile.behaviour.mode_change == ModeChange::Known;
        let mode = request.mode.as_ref();
        let mode = mode.map_or("undefined", Mode::as_str).to_owned();
        let options = &self.setup.options;
        let bypass = options.skip_permissions
            || options.allow_skip_permissions
            || options.named_mode() == Some("bypassPermissions");
        if known && !control.modes.contains(&mode) {
            let text = format!(
                "Cannot set permission mode: must be one of {}",
                control.modes.join(", ")
            );
            return self.fail(id, &text, Some("invalid_mode"));
        }
        let twice = self.setup.profile.behaviour.mode_change == ModeChange::Twice;
        if mode == "bypassPermissions" && !bypass && !twice {
            return self.fail(id, &control.bypass_refused, Some("bypass_not_launched"));
        }
        self.permissions.mode.clone_from(&mode);
        self.succeed(id.clone(), json!({"mode": mode}))?;
        if twice {
            self.succeed(id, Value::Null)?;
        }
        if !self.setup.profile.control.modes.contains(&mode) {
            return Ok(());
        }
        let vars = self.vars();
        self.emit("mode_changed", &vars)
    }

    fn set_model(&mut self, id: Option<Value>, request: &ToModel) -> Result<(), Quit> {
        let models = &self.setup.profile.models;
        let wrong = request.rest.contains_key("model");
        if wrong && self.setup.profile.behaviour.mode_change == ModeChange::Known {
            let mut response = failure(id, "set_model: model must be a string");
            response.insert("error_code".into(), "invalid_request".into());
            response.insert("model".into(), self.model.name.as_str().into());
            return self.respond(response);
        }
        let given = request.model.as_deref().unwrap_or("default").to_owned();
        let model = match given.as_str() {
            "default" => default_model(&self.setup, &self.model.login),
            given => models.resolve(given).to_owned(),
        };
        let answer = self.setup.profile.behaviour.set_model;
        let switch = match answer {
            SetModel::Answer => match self.ask_to_switch(&model, &given, "sdk")? {
                Ok(switch) => Some(switch),
                Err(why) => {
                    let text = format!("Model switch blocked by a PreModelSwitch hook: {why}");
                    let mut response = failure(id, &text);
                    response.insert("error_code".into(), "blocked_by_hook".into());
                    response.insert("model".into(), self.model.name.as_str().into());
                    return self.respond(response);
                }
            },
            _ => None,
        };
        // The newest versions say nothing of a model that answers already.
        let stays = switch.as_ref().is_some_and(|_| model == self.model.name);
        if answer != SetModel::AnswerSilently && !stays {
            let shown = if model == given || given == "default" {
                model.clone()
            } else {
                format!("{given} ({model})")
            };
            self.tell_model(&given, &shown)?;
        }
        if let Some(switch) = switch {
            self.model.name.clone_from(&model);
            self.succeed(id, json!({"model": model}))?;
            return self.has_switched(&switch);
        }
        // A turn keeps the model that it began with.
        match self.progress.in_turn {
            true => self.model.next = Some(model),
            false => self.model.name = model,
        }
        self.succeed(id, Value::Null)
    }

    /// Tells of a model that was set; the newest versions only once there is a conversation.
    pub(super) fn tell_model(&mut self, given: &str, shown: &str) -> Result<(), Quit> {
        let newest = self.setup.profile.behaviour.set_model == SetModel::Answer;
        if newest && self.progress.turns == 0 && !self.progress.in_turn {
            return Ok(());
        }
        let mark = if newest { "`" } else { "" };
        let text = format!(
            "<local-command-stdout>Set model to {mark}{shown}{mark}</local-command-stdout>"
        );
        let vars = self
            .vars()
            .with("message", json!({"role": "user", "content": &text}));
        self.emit("model_set", &vars)?;
        let uuid = vars.get("uuid").and_then(Value::as_str).unwrap_or_default();
        if newest || !self.progress.in_turn {
            let note = (given.to_owned(), text, uuid.to_owned());
            self.conversation.model_notes.push(note);
        }
        Ok(())
    }

    pub(super) fn succeed(&mut self, id: Option<Value>, payload: Value) -> Result<(), Quit> {
        self.respond(success(id, payload))
    }

    /// `code` is written only by versions that know their modes; older ones have the text alone.
    pub(super) fn fail(
        &mut self,
        id: Option<Value>,
        text: &str,
        code: Option<&str>,
    ) -> Result<(), Quit> {
        let mut response = failure(id, text);
        if let Some(code) =
            code.filter(|_| self.setup.profile.behaviour.mode_change == ModeChange::Known)
        {
            response.insert("error_code".into(), code.into());
        }
        self.respond(response)
    }

    fn respond(&mut self, response: Map<String, Value>) -> Result<(), Quit> {
        let message = json!({"type": "control_response", "response": response});
        match self.control.answers_requests {
            Handshake::Normal => {}
            Handshake::Never => return Ok(()),
            Handshake::Late(ms) => self.setup.inbox.sleep(self.setup.clock.wait(ms)),
            Handshake::Twice => self.setup.out.message(message.clone())?,
        }
        self.setup.out.message(message)
    }
}

fn failure(id: Option<Value>, text: &str) -> Map<String, Value> {
    let mut response = Map::new();
    response.insert("subtype".into(), "error".into());
    response.extend(id.map(|id| ("request_id".to_owned(), id)));
    response.insert("error".into(), text.into());
    response
}

fn success(id: Option<Value>, payload: Value) -> Map<String, Value> {
    let mut response = Map::new();
    response.insert("subtype".into(), "success".into());
    response.extend(id.map(|id| ("request_id".to_owned(), id)));
    if !payload.is_null() {
        response.insert("response".into(), payload);
    }
    response
}
