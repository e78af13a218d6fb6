//! What the CLI tells the model beside prompts, as transcripts keep it (PROTOCOL 5.3). What a session was told
//! already is not told again.

use super::Recorder;
use crate::ids::Ids;
use crate::order::{self, SortedMap};
use crate::profile::{Attachment, On, Profile};
use crate::template::{Template, Vars};
use serde_json::Value;
use std::path::Path;

/// Around which moment of a turn something is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A prompt for the model.
    Prompt,
    /// A prompt that begins like a command, but is none.
    Blank,
    /// A prompt that names no command that there is.
    UnknownCommand,
    /// A prompt that is a command of the user's own.
    OwnCommand,
    /// Another request of the same turn.
    Again,
    /// A summary took the conversation's place.
    Compacted,
}

/// What there is to tell.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// The model's tools by name.
    pub(crate) tools: Vec<String>,
    /// The permission mode.
    pub(crate) mode: String,
    /// Whether there is a budget.
    pub(crate) budget: bool,
    /// Whether the model is told how many tokens are left.
    pub(crate) counts_tokens: bool,
    /// Values for the templates.
    pub(crate) vars: Vars,
    /// What hooks had to say of the prompt: attachments by name, with their values.
    pub(crate) hooks: Vec<(&'static str, Vars)>,
}

impl Surroundings {
    /// What there is to tell in a session with this model, these tools and agents.
    pub(crate) fn new(
        profile: &Profile,
        model: &str,
        tools: Vec<String>,
        agents: Vec<String>,
        directories: Vec<String>,
    ) -> Self {
        let known = profile.models.get(model);
        // Those of servers are deferred, too.
        let deferred: Vec<&str> = tools
            .iter()
            .filter(|tool| profile.deferred_tools.contains(tool) || tool.starts_with("mcp__"))
            .map(String::as_str)
            .collect();
        let vars = machine(Vars::new())
            .with("model", model)
            .with("model_name", known.name.clone())
            .maybe(
                "cutoff",
                known
                    .name
                    .as_ref()
                    .map_or(Some(Value::Null), |_| known.cutoff.clone().map(Value::from)),
            )
            .with("additional_directories", directories)
            .with("deferred_tools", deferred)
            .with("agents", agents);
        Surroundings {
            tools,
            counts_tokens: known.counts_tokens,
            vars,
            ..Surroundings::default()
        }
    }
}

impl Recorder {
    /// Attaches what is new at this moment.
    pub(crate) fn surround(
        &mut self,
        moment: Moment,
        around: Surroundings,
        ids: &mut Ids,
        at_ms: u64,
    ) {
        let mut hooks = around.hooks;
        let mut attachments: Vec<&Attachment> =
            self.profile.transcript.attachments.iter().collect();
        if moment == Moment::Compacted {
            attachments.retain(|a| a.compacted > 0);
            order::sort_by_key(&mut attachments, |a| a.compacted);
        }
        for attachment in attachments {
            let tools = &attachment.tools;
            let absent = !tools.is_empty() && !tools.iter().any(|t| around.tools.contains(t));
            let modes = &attachment.modes;
            if absent || (!modes.is_empty() && !modes.contains(&around.mode)) {
                continue;
            }
            let prompt = moment != Moment::Again;
            let budget = moment != Moment::Compacted;
            let (due, again) = match attachment.on {
                On::Prompt => (prompt && moment != Moment::Blank, false),
                On::EveryPrompt => (prompt, false),
                On::UnknownCommand => (moment == Moment::UnknownCommand, true),
                On::OwnCommand => (moment == Moment::OwnCommand, true),
                On::Budget => (around.budget && budget, true),
                On::TokenCount => (around.counts_tokens && budget, true),
                On::Hooks => {
                    for (name, vars) in std::mem::take(&mut hooks) {
                        self.attach(name, vars, ids, at_ms);
                    }
                    continue;
                }
                On::Answer | On::Event => continue,
            };
            if due {
                self.tell(attachment, &around.vars, again, ids, at_ms);
            }
        }
    }

    /// The first answer that came to its end.
    pub(crate) fn answered(&mut self, ids: &mut Ids, at_ms: u64) {
        for attachment in &self.profile.transcript.attachments {
            if attachment.on == On::Answer {
                self.tell(attachment, &Vars::new(), false, ids, at_ms);
            }
        }
    }

    /// Attaches something that happened; a version that has no such attachment keeps nothing of it.
    pub(crate) fn attach(&mut self, name: &str, vars: Vars, ids: &mut Ids, at_ms: u64) {
        let attachments = &self.profile.transcript.attachments;
        let found = attachments
            .iter()
            .find(|a| a.on == On::Event && a.body["type"] == name);
        if let Some(attachment) = found {
            self.tell(attachment, &vars, true, ids, at_ms);
        }
    }

    /// Forgets what the session was told, as for a new session.
    pub(crate) fn forget(&mut self) {
        self.told = SortedMap::new();
    }

    /// Takes up what a session that goes on was told.
    pub(crate) fn recall(&mut self, told: &[Value]) {
        for body in told {
            let key = key(body);
            let mut whole = body.clone();
            if let Some(before) = self.told.get(&key).filter(|_| key.ends_with("_delta")) {
                put_back(&mut whole, before);
            }
            self.told.insert(key, whole);
        }
    }

    fn tell(
        &mut self,
        attachment: &Attachment,
        vars: &Vars,
        again: bool,
        ids: &mut Ids,
        at_ms: u64,
    ) {
        let Some(envelope) = self.profile.transcript.entries.get("attachment") else {
            return;
        };
        let mut own = self.vars(at_ms);
        let mut body = attachment.body.render(&[vars, &own]);
        let key = key(&body);
        let mut whole = None;
        if let Some(told) = self.told.get(&key).filter(|_| !again) {
            if key.ends_with("_delta") {
                whole = Some(body.clone());
                take_off(&mut body, told);
            }
            if covers(told, &body) || says_nothing(&body) {
                return;
            }
        }
        let uuid = ids.uuid();
        own.set("uuid", uuid.as_str());
        if let Some(role) = &attachment.role {
            let kind = body["type"].as_str().unwrap_or_default();
            own.set("rendered", format!("[{kind}]"));
            own.set("rendered_role", role.as_str());
        }
        own.set("attachment", body);
        if attachment.beside.is_empty() {
            self.line(&envelope, &[&own]);
        } else {
            let mut line = envelope.render(&[&own]);
            if let Some(line) = line.as_object_mut() {
                line.extend(attachment.beside.clone());
            }
            self.push(&line);
        }
        self.parent = Some(uuid);
        if let Some(whole) = whole.or_else(|| own.take("attachment")) {
            self.told.insert(key, whole);
        }
    }
}

/// What of a list was told already is not told again; what is no longer there is told as such.
fn take_off(body: &mut Value, told: &Value) {
    for (added, removed) in [
        ("addedNames", "removedNames"),
        ("addedTypes", "removedTypes"),
    ] {
        let names = |value: &Value| value[added].as_array().cloned().unwrap_or_default();
        let (now, before) = (names(body), names(told));
        if body.get(added).is_some() {
            let new = now.iter().filter(|name| !before.contains(name)).cloned();
            let gone = before.iter().filter(|name| !now.contains(name)).cloned();
            (body[added], body[removed]) = (new.collect(), gone.collect());
        }
    }
}

/// The whole of a list from what was told of it last and before.
fn put_back(body: &mut Value, told: &Value) {
    for (added, removed) in [
        ("addedNames", "removedNames"),
        ("addedTypes", "removedTypes"),
    ] {
        let names = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
        if body.get(added).is_some() {
            let (gone, mut all) = (names(body, removed), names(told, added));
            all.retain(|name| !gone.contains(name));
            all.extend(names(body, added));
            body[added] = all.into();
        }
    }
}

/// Whether lists are told of that are empty.
fn says_nothing(body: &Value) -> bool {
    let lists = ["addedNames", "removedNames", "addedTypes", "removedTypes"];
    let mut lists = lists
        .iter()
        .filter_map(|list| body[*list].as_array())
        .peekable();
    lists.peek().is_some() && lists.all(Vec::is_empty)
}

/// By what an attachment is remembered: two kinds of snapshots share a type.
fn key(body: &Value) -> String {
    let kind = body["type"].as_str().unwrap_or_default();
    match (kind, body.get("tools")) {
        ("prompt_snapshot", Some(_)) => "prompt_snapshot.answer".into(),
        _ => kind.to_owned(),
    }
}

/// Whether what was told says all of this.
fn covers(told: &Value, body: &Value) -> bool {
    match (told, body) {
        (Value::Object(told), Value::Object(body)) => body
            .iter()
            .all(|(key, value)| told.get(key).is_some_and(|told| covers(told, value))),
        // Which prompt is kept is nobody's business.
        (Value::Array(_), Value::Array(body)) if body.is_empty() => true,
        _ => told == body,
    }
}

/// What every session tells of the machine.
fn machine(vars: Vars) -> Vars {
    let name = rustix::system::uname();
    let os = format!(
        "{} {}",
        name.sysname().to_string_lossy(),
        name.release().to_string_lossy()
    );
    let platform = match cfg!(target_os = "macos") {
        true => "darwin",
        false => "linux",
    };
    vars.with("platform", platform)
        .with("os_version", os)
        .with("shell", shell())
}

/// The name of the user's shell.
fn shell() -> String {
    let shell = std::env::var("SHELL").unwrap_or_default();
    Path::new(&shell)
        .file_name()
        .map_or("sh".into(), |name| name.to_string_lossy().into_owned())
}
