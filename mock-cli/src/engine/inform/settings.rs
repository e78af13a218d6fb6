//! Settings, rules and hooks: shown, and set.

use crate::engine::Engine;
use crate::process::Quit;
use crate::template::Vars;
use serde_json::{Map, Value, json};
use std::io;
use std::path::Path;

impl Engine {
    pub(super) fn settings_vars(&self, vars: Vars) -> Vars {
        let mut effective = json!({});
        let mut shown = Vec::new();
        for (source, settings) in
            crate::settings::sources(&self.setup.options, &self.setup.home, &self.setup.cwd)
        {
            merge(&mut effective, &settings);
            shown.push(json!({"source": source, "settings": settings}));
        }
        vars.with("effective", effective).with("sources", shown)
    }

    /// Settings of the client: those of the run, or those of a file.
    pub(super) fn apply_settings(
        &mut self,
        vars: Vars,
        subtype: &str,
        request: &Value,
    ) -> Result<Result<Vars, String>, Quit> {
        let Some(settings) = request["settings"].as_object() else {
            let got = match request.get("settings") {
                None => "undefined".to_owned(),
                Some(value) => value.to_string(),
            };
            return Ok(Err(format!(
                "{subtype} requires `settings` to be an object, got {got}"
            )));
        };
        if subtype == "update_settings" {
            return Ok(match request["source"].as_str() {
                Some("localSettings") => {
                    // What cannot be kept is lost without a word.
                    let _ = keep_local(&self.setup.cwd, settings);
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
            });
        }
        if let Some(model) = settings.get("model").and_then(Value::as_str) {
            let model = self.setup.profile.models.resolve(model).to_owned();
            self.tell_model(&model, &format!("`{model}`"))?;
            self.model.name = model;
        }
        crate::settings::add_rules(
            &mut self.permissions.rules,
            crate::permissions::Source::FlagSettings,
            &Value::Object(settings.clone()),
        );
        Ok(Ok(vars))
    }

    /// The permission rules of the settings and of the command line.
    pub(super) fn shown_rules(&self) -> Vec<Value> {
        let setup = &self.setup;
        let sources = crate::settings::sources(&setup.options, &setup.home, &setup.cwd);
        let mut shown = Vec::new();
        for behavior in ["allow", "ask", "deny"] {
            let mut rules: Vec<(&str, String)> = Vec::new();
            for (source, settings) in &sources {
                let list = settings["permissions"][behavior]
                    .as_array()
                    .into_iter()
                    .flatten();
                rules.extend(list.filter_map(|rule| Some((*source, rule.as_str()?.to_owned()))));
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
        let catalog = &self.setup.profile.control.payloads["get_hooks_listing"]["eventCatalog"];
        let mut hooks = Vec::new();
        for (source, settings) in
            crate::settings::sources(&self.setup.options, &self.setup.home, &self.setup.cwd)
        {
            for (event, entries) in settings["hooks"].as_object().into_iter().flatten() {
                for entry in entries.as_array().into_iter().flatten() {
                    for hook in entry["hooks"].as_array().into_iter().flatten() {
                        let command = &hook["command"];
                        hooks.push(json!({
                            "event": event, "matcher": entry["matcher"], "source": source, "type": hook["type"],
                            "displayText": command, "commandText": command, "contentLabel": "Command",
                            "editable": {"matcher": entry["matcher"], "config": hook},
                        }));
                    }
                }
            }
        }
        let mut events = Vec::new();
        for entry in catalog.as_array().into_iter().flatten() {
            let count = hooks
                .iter()
                .filter(|hook| hook["event"] == entry["name"])
                .count();
            if count > 0 {
                let mut entry = entry.clone();
                entry["hookCount"] = count.into();
                events.push(entry);
            }
        }
        vars.with("events", events).with("hooks", hooks)
    }
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
    let old = std::fs::read_to_string(&file).unwrap_or_default();
    let mut kept = serde_json::from_str(&old).unwrap_or_else(|_| json!({}));
    merge(&mut kept, &Value::Object(settings.clone()));
    std::fs::create_dir_all(cwd.join(".claude"))?;
    std::fs::write(&file, crate::json::pretty(&kept) + "\n")?;
    let Some(home) = std::env::home_dir() else {
        return Ok(());
    };
    let ignore = home.join(".config/git/ignore");
    let listed = std::fs::read_to_string(&ignore).unwrap_or_default();
    let line = "**/.claude/settings.local.json";
    if listed.lines().any(|l| l == line) {
        return Ok(());
    }
    std::fs::create_dir_all(home.join(".config/git"))?;
    std::fs::write(ignore, format!("{listed}{line}\n"))
}
