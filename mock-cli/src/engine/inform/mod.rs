//! Control requests that ask for something, or set something small (PROTOCOL 7). Their payloads stand in the profile;
//! here are the values in them, and what is wrong with a request.

mod context;
mod settings;

use super::Engine;
use super::tools::files::base64;
use crate::order;
use crate::process::Quit;
use crate::protocol::control::{Command, ReadFile, Request};
use crate::protocol::wire::{Nullable, Wire};
use crate::template::{Vars, render};
use crate::transcript::append;
use serde_json::{Value, json};

impl Engine {
    /// Answers a request whose payload the profile has.
    pub(super) fn inform(&mut self, id: Option<Value>, request: &Request) -> Result<(), Quit> {
        let payloads = &self.setup.profile.control.payloads;
        let template = payloads.get(request.kind()).unwrap_or(&Value::Null);
        let vars = match self.information(id.as_ref(), request)? {
            Ok(vars) => vars,
            Err(text) => return self.fail(id, &text, None),
        };
        self.succeed(id, render(template, &vars))?;
        if matches!(request, Request::EndSession(_)) {
            return self.finish();
        }
        if let Some(switch) = self.control.switched.take() {
            self.has_switched(&switch)?;
        }
        Ok(())
    }

    /// The values of a payload, or what is wrong.
    fn information(
        &mut self,
        id: Option<&Value>,
        request: &Request,
    ) -> Result<Result<Vars, String>, Quit> {
        let vars = self.vars();
        let subtype = request.kind();
        let wanted = |key: &str| Ok(Err(format!("{subtype}: {key} must be a string")));
        Ok(Ok(match request {
            Request::ContextUsage(asked) => {
                vars.with("context", self.context_usage(asked.detail.as_deref()))
            }
            Request::SessionCost(_) => vars.with("text", self.spent()),
            Request::GetUsage(_) => vars
                .with("total_cost_usd", self.model.costs.total())
                .with("api_ms", super::millis(self.model.api_time))
                .with("total_ms", super::millis(self.progress.started.elapsed()))
                .with(
                    "model_usage",
                    self.model.costs.model_usage(self.setup.profile),
                ),
            Request::GetSettings(_) => self.settings_vars(vars),
            Request::ListPermissionRules(_) => vars.with("rules", self.shown_rules()),
            Request::HooksListing(_) => self.hooks_vars(vars),
            Request::FileSuggestions(asked) => {
                vars.with("suggestions", self.suggestions(asked.query.as_deref()))
            }
            Request::ReadFile(asked) => return Ok(self.read_for_client(vars, asked)),
            Request::ReloadPlugins(_) | Request::ReloadSkills(_) => self.command_vars(vars),
            Request::ApplyFlagSettings(change) => {
                return self.apply_settings(vars, subtype, change);
            }
            Request::UpdateSettings(change) => {
                return Ok(self.update_settings(vars, subtype, change));
            }
            Request::RenameSession(asked) => {
                let Some(title) = &asked.title else {
                    return wanted("title");
                };
                if title.trim().is_empty() {
                    return Ok(Err("title must be non-empty".into()));
                }
                self.entitle(title)?;
                vars
            }
            Request::StopTask(asked) | Request::TaskOutput(asked) if asked.task_id.is_none() => {
                return wanted("task_id");
            }
            Request::StopTask(asked) => {
                let id = asked.task_id.clone().unwrap_or_default();
                self.stop_for_client(&id)?;
                vars
            }
            Request::TaskOutput(_) => {
                let none = "no shell or Monitor task with that task_id in this session";
                return Ok(Err(format!("{subtype}: {none}")));
            }
            Request::BackgroundTasks(asked) => {
                vars.maybe("backgrounded", asked.tool_use_id.is_some().then_some(false))
            }
            Request::SetHasSubscribers(asked) if asked.has_subscribers == Nullable::Absent => {
                return Ok(Err(
                    "Invalid set_has_subscribers: has_subscribers must be true, false or null"
                        .into(),
                ));
            }
            Request::RegisterRepoRoot(asked) => {
                let given = asked.directory.as_ref();
                let dir = given.and_then(|dir| self.setup.cwd.join(dir).canonicalize().ok());
                match dir.filter(|dir| dir.is_dir()) {
                    Some(dir) => vars.with("directory", dir.to_string_lossy().into_owned()),
                    None => {
                        return Ok(Err(
                            "register_repo_root: target path could not be resolved".into()
                        ));
                    }
                }
            }
            Request::CancelMessage(asked) => {
                let uuid = asked.message_uuid.as_deref().unwrap_or_default();
                vars.with("cancelled", self.cancel_prompt(uuid)?)
            }
            Request::GenerateTitle(asked) if asked.description.is_none() => {
                return wanted("description");
            }
            Request::SideQuestion(_) => {
                let progress = self.vars().maybe("request_id", id.cloned());
                self.emit("request_progress", &progress)?;
                vars.with("answer", self.side_answer())
            }
            _ => vars,
        }))
    }

    /// Gives the session another title.
    pub(super) fn entitle(&mut self, title: &str) -> Result<(), Quit> {
        let changed = self.vars().with("title", title);
        self.emit("title_changed", &changed)?;
        self.keep_title(title);
        Ok(())
    }

    /// Keeps the title that a client gave the session.
    pub(super) fn keep_title(&mut self, title: &str) {
        let vars = Vars::new().with("title", title);
        self.keep_beside("custom_title", &vars);
        self.keep_beside("agent_name", &vars);
        self.save();
        let setup = &self.setup;
        if let Some(file) = setup.session.file.as_ref().filter(|file| file.exists()) {
            let file = file.with_extension("").join("custom-title.json");
            let text = json!({"customTitle": title}).to_string();
            // As with the transcript: what cannot be written is lost without a word.
            let _ = std::fs::remove_file(&file);
            let _ = append(&file, setup.profile.files.mode, &text);
        }
    }

    /// What the model says to a question on the side: its next turn.
    fn side_answer(&mut self) -> String {
        let answer = self.next_answer(&mut std::collections::VecDeque::new(), true);
        answer.said()
    }

    /// Takes a prompt out of the queue.
    fn cancel_prompt(&mut self, uuid: &str) -> Result<bool, Quit> {
        let before = self.queue.prompts.len();
        self.queue
            .prompts
            .retain(|prompt| prompt.uuid.as_deref() != Some(uuid));
        let cancelled = self.queue.prompts.len() < before;
        if cancelled {
            self.lifecycle(uuid, "cancelled")?;
        }
        Ok(cancelled)
    }

    /// Names of files for somebody who types. Only what lies in the working folder is known without an index.
    fn suggestions(&self, query: Option<&str>) -> Vec<Value> {
        if query != Some("") {
            return Vec::new();
        }
        let entries = std::fs::read_dir(&self.setup.cwd)
            .into_iter()
            .flatten()
            .flatten();
        let mut names: Vec<String> = entries
            .map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                if entry.path().is_dir() {
                    name + "/"
                } else {
                    name
                }
            })
            .collect();
        order::sort_by_key(&mut names, |name| (name.starts_with('.'), name.clone()));
        names
            .into_iter()
            .map(|name| json!({"path": name}))
            .collect()
    }

    fn read_for_client(&self, vars: Vars, request: &ReadFile) -> Result<Vars, String> {
        let given = request.path.as_deref().unwrap_or_default();
        let path = self.setup.cwd.join(given);
        let inside = path
            .canonicalize()
            .is_ok_and(|path| path.starts_with(&self.setup.cwd));
        let bytes = std::fs::read(&path)
            .ok()
            .filter(|_| inside && !given.is_empty());
        let Some(mut bytes) = bytes else {
            let vars = Vars::new()
                .with("path", given)
                .with("abs_path", path.to_string_lossy().into_owned());
            return Err(crate::template::text(
                self.setup.profile.text("read_denied"),
                &vars,
            ));
        };
        let limit = request.max_bytes.and_then(|n| usize::try_from(n).ok());
        let cut = limit.is_some_and(|limit| limit < bytes.len());
        bytes.truncate(limit.unwrap_or(bytes.len()));
        let encoded = request.encoding.as_deref() == Some("base64");
        let contents = match encoded {
            true => base64(&bytes),
            false => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let lossy = std::str::from_utf8(&bytes).is_err();
        Ok(vars
            .with("contents", contents)
            .maybe("encoding", encoded.then_some("base64"))
            .with("abs_path", path.to_string_lossy().into_owned())
            .maybe("truncated", cut.then_some(true))
            .maybe("lossy", (!encoded).then_some(lossy))
            .with("requested_path", given))
    }

    /// What there is of commands, agents and skills.
    fn command_vars(&self, vars: Vars) -> Vars {
        let control = &self.setup.profile.control;
        let commands = self.told_commands();
        let known = Vec::<Command>::read(commands.clone().into()).unwrap_or_default();
        let skill = |name: &String| {
            let found = known
                .iter()
                .find(|command| command.name.as_ref() == Some(name));
            found.cloned().unwrap_or_else(|| Command {
                name: Some(name.clone()),
                description: Some(format!("The {name} skill.")),
                argument_hint: Some("".into()),
                builtin: Some(true),
                ..Command::default()
            })
        };
        let skills: Vec<Value> = control
            .skills
            .iter()
            .map(|name| skill(name).write())
            .collect();
        vars.with("commands", commands)
            .with("agents", self.told_agents())
            .with("plugins", self.told_plugins())
            .with("skills", skills)
    }
}
