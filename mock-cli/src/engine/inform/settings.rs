//! Settings, rules and hooks: shown, and set.

use crate::engine::Engine;
use crate::permissions::Source;
use crate::process::Quit;
use crate::protocol::control::{ListedEvent, ListedHook, SettingsChange};
use crate::protocol::hooks::{Command, Matcher, configured};
use crate::protocol::wire::Wire;
use crate::settings::{Layer, Settings};
use crate::template::Vars;
use serde_json::{Map, Value, json};
use std::io;
use std::path::Path;

impl Engine {
    pub(super) fn settings_vars(&self, vars: Vars) -> Vars {
        let mut effective = json!({});
        let mut shown = Vec::new();
        for (source, settings) in self.setup.settings.written() {
            merge(&mut effective, settings);
            shown.push(json!({"source": source, "settings": settings}));
        }
        vars.with("effective", effective).with("sources", shown)
    }

    /// Settings of the client for this run.
    pub(super) fn apply_settings(
        &mut self,
        vars: Vars,
        subtype: &str,
        change: &SettingsChange,
    ) -> Result<Result<Vars, String>, Quit> {
        let Some(settings) = &change.settings else {
            return Ok(Err(no_settings(subtype, change)));
        };
        if let Some(model) = settings.get("model").and_then(Value::as_str) {
            let to = self.setup.profile.models.resolve(model).to_owned();
            if let Ok(switch) = self.ask_to_switch(&to, model, "sdk")? {
                self.tell_model(&to, &to)?;
                self.model.name = to;
                self.control.switched = Some(switch);
            }
        }
        let written = Value::Object(settings.clone());
        let capabilities = self.setup.profile.capabilities();
        if let Some(layer) = Layer::read(Source::FlagSettings, written, &capabilities) {
            self.permissions.rules.add(layer.source, layer.rules);
        }
        Ok(Ok(vars))
    }

    /// Settings of the client for a file.
    pub(super) fn update_settings(
        &mut self,
        vars: Vars,
        subtype: &str,
        change: &SettingsChange,
    ) -> Result<Vars, String> {
        let Some(settings) = &change.settings else {
            return Err(no_settings(subtype, change));
        };
        match change.source.as_deref() {
            Some("localSettings") => {
                // What cannot be kept is lost without a word.
                let _ = keep_local(&self.setup.cwd, settings);
                self.setup.settings = Settings::read(
                    &self.setup.options,
                    &self.setup.profile.capabilities(),
                    &self.setup.places(),
                );
                Ok(vars)
            }
            Some("userSettings" | "projectSettings") if settings.is_empty() => Ok(vars),
            Some("userSettings" | "projectSettings") => {
                let keys: Vec<&str> = settings.keys().map(String::as_str).collect();
                Err(format!(
                    "update_settings keys not allowed: {}",
                    keys.join(", ")
                ))
            }
            other => Err(format!(
                "update_settings: unsupported source {}",
                other.unwrap_or("undefined")
            )),
        }
    }

    /// The permission rules of the settings and of the command line.
    pub(super) fn shown_rules(&self) -> Vec<Value> {
        let setup = &self.setup;
        let mut shown = Vec::new();
        for behavior in ["allow", "ask", "deny"] {
            let mut rules: Vec<(&str, String)> = Vec::new();
            for (source, settings) in setup.settings.written() {
                let permissions = settings.get("permissions");
                let list = permissions.and_then(|lists| lists.get(behavior)?.as_array());
                let list = list.into_iter().flatten();
                rules.extend(list.filter_map(|rule| Some((source, rule.as_str()?.to_owned()))));
            }
            let given = match behavior {
                "allow" => crate::permissions::split(&setup.options.allowed_tools),
                "deny" => crate::permissions::split(&setup.options.disallowed_tools),
                _ => Vec::new(),
            };
            rules.extend(given.into_iter().map(|rule| ("cliArg", rule)));
            shown.extend(rules.into_iter().map(|(source, rule)| {
                let kept = if source == "cliArg" { "session" } else { "persistent" };
                let said = match rule.split_once('(') {
                    None => json!({"prefix": "Any use of the ", "emphasis": rule, "suffix": " tool"}),
                    Some((tool, content)) => json!({
                        "prefix": format!("Any {tool} command starting with "),
                        "emphasis": content.trim_end_matches(')').trim_end_matches(":*"),
                    }),
                };
                json!({"behavior": behavior, "source": source, "rule": rule, "description": said, "editability": kept})
            }));
        }
        shown
    }

    pub(super) fn hooks_vars(&self, vars: Vars) -> Vars {
        let listing = self.setup.profile.control.payloads.get("get_hooks_listing");
        let catalog = listing.and_then(|payload| payload.get("eventCatalog"));
        let mut hooks = Vec::new();
        for (source, settings) in self.setup.settings.written() {
            if let Some(Value::Object(given)) = settings.get("hooks") {
                for event in given.keys() {
                    let entries = configured(given, event).into_iter();
                    hooks.extend(entries.flat_map(|entry| listed(event, source, &entry)));
                }
            }
        }
        let mut events = Vec::new();
        for entry in catalog.and_then(Value::as_array).into_iter().flatten() {
            let mut entry = ListedEvent::read(entry.clone()).unwrap_or_default();
            let own = hooks.iter().filter(|hook| hook.event == entry.name);
            let count = own.count();
            if count > 0 {
                entry.hook_count = Some(count as u64);
                events.push(entry.write());
            }
        }
        vars.with("events", events).with("hooks", hooks.write())
    }
}

/// The hooks of an entry as they are shown.
fn listed(event: &str, source: &str, entry: &Matcher) -> Vec<ListedHook> {
    let matcher = Value::from(entry.matcher.as_deref());
    let shown = |hook: &Command| {
        let command = Some(Value::from(hook.command.clone()));
        let editable = json!({"matcher": matcher, "config": hook});
        ListedHook {
            event: Some(event.to_owned()),
            matcher: Some(matcher.clone()),
            source: Some(source.to_owned()),
            kind: Some(hook.kind.clone().into()),
            display_text: command.clone(),
            command_text: command,
            content_label: Some("Command".into()),
            editable: editable.as_object().cloned(),
            ..ListedHook::default()
        }
    };
    entry.hooks.iter().flatten().map(shown).collect()
}

/// What is said of a change that has no settings.
fn no_settings(subtype: &str, change: &SettingsChange) -> String {
    let got = match change.rest.get("settings") {
        None => "undefined".to_owned(),
        Some(Value::Number(_)) => "number".to_owned(),
        Some(Value::String(_)) => "string".to_owned(),
        Some(Value::Bool(_)) => "boolean".to_owned(),
        Some(value) => value.to_string(),
    };
    format!("{subtype} requires `settings` to be an object, got {got}")
}

/// Adds settings to others; lists are joined.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(key) {
                    Some(old) => merge(old, value),
                    None => {
                        into.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(from)) => {
            for value in from {
                if !into.contains(value) {
                    into.push(value.clone());
                }
            }
        }
        (into, from) => into.clone_from(from),
    }
}

/// Keeps settings in the project's own file, which git is told to ignore.
fn keep_local(cwd: &Path, settings: &Map<String, Value>) -> io::Result<()> {
    let file = cwd.join(".claude/settings.local.json");
    let old = match std::fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        old => old?,
    };
    let mut kept = serde_json::from_str(&old).unwrap_or_else(|_| json!({}));
    merge(&mut kept, &Value::Object(settings.clone()));
    std::fs::create_dir_all(cwd.join(".claude"))?;
    std::fs::write(&file, crate::json::pretty(&kept) + "\n")?;
    crate::settings::ignore_local()
}
