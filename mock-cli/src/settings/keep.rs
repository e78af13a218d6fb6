//! Writing settings: what a client allows for longer than the session.

use super::Places;
use crate::permissions::{Capabilities, Source};
use crate::protocol::rules::{self as wire, Update};
use serde_json::{Map, Value, json};
use std::fs;
use std::io;
use std::path::Path;

/// Keeps a change of permissions in the file of its destination.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn keep(
    update: &Update,
    capabilities: &Capabilities,
    places: &Places,
) -> io::Result<()> {
    let source = crate::permissions::source_of(update);
    let Some((source, file)) = source.and_then(|source| Some((source, places.file(source)?)))
    else {
        return Ok(());
    };
    let old = fs::read_to_string(&file).ok();
    let mut settings = match old.as_deref().map(serde_json::from_str::<Value>) {
        None => json!({}),
        Some(Ok(settings)) if settings.is_object() => settings,
        // What cannot be read is not overwritten.
        Some(_) => return Ok(()),
    };
    if !change(&mut settings, update) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let first = capabilities.permissions < 2;
    if first && matches!(update, Update::AddRules(_)) {
        fill(&mut settings);
    }
    let end = if first { "" } else { "\n" };
    fs::write(&file, crate::json::pretty(&settings) + end)?;
    if source == Source::LocalSettings && capabilities.permissions >= 4 {
        ignore_local()?;
    }
    Ok(())
}

/// Adds the lists that are not there, as the first versions do.
fn fill(settings: &mut Value) {
    let mut permissions = settings
        .get_mut("permissions")
        .and_then(Value::as_object_mut);
    for key in ["allow", "deny", "ask"] {
        if let Some(permissions) = permissions.as_deref_mut().filter(|p| !p.contains_key(key)) {
            permissions.insert(key.to_owned(), json!([]));
        }
    }
}

/// Changes settings; whether there was anything to change.
fn change(settings: &mut Value, update: &Update) -> bool {
    let Some(settings) = settings.as_object_mut() else {
        return false;
    };
    let permissions = settings.entry("permissions").or_insert_with(|| json!({}));
    let Some(permissions) = permissions.as_object_mut() else {
        return false;
    };
    match update {
        Update::AddRules(change) => match behavior(change) {
            Some(key) => add(permissions, key, texts(change)),
            None => false,
        },
        Update::ReplaceRules(change) => match behavior(change) {
            Some(key) => {
                permissions.insert(key.to_owned(), texts(change).into());
                true
            }
            None => false,
        },
        Update::RemoveRules(change) => match behavior(change) {
            Some(key) => remove(permissions, key, &texts(change)),
            None => false,
        },
        Update::SetMode(change) => match &change.mode {
            Some(mode) => {
                permissions.insert("defaultMode".to_owned(), mode.as_str().into());
                true
            }
            None => false,
        },
        Update::AddDirectories(change) => add(
            permissions,
            "additionalDirectories",
            change.directories.clone().unwrap_or_else(Vec::new),
        ),
        Update::RemoveDirectories(change) => match &change.directories {
            Some(directories) => remove(permissions, "additionalDirectories", directories),
            None => false,
        },
        Update::Other(_) => false,
    }
}

fn behavior(change: &wire::RulesUpdate) -> Option<&'static str> {
    match change.behavior.as_ref()? {
        wire::Behavior::Allow => Some("allow"),
        wire::Behavior::Deny => Some("deny"),
        wire::Behavior::Ask => Some("ask"),
        wire::Behavior::Other(_) => None,
    }
}

fn texts(change: &wire::RulesUpdate) -> Vec<String> {
    change
        .rules
        .iter()
        .flatten()
        .map(ToString::to_string)
        .collect()
}

fn add(permissions: &mut Map<String, Value>, key: &str, texts: Vec<String>) -> bool {
    let list = permissions.entry(key).or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else {
        return false;
    };
    let mut changed = false;
    for text in texts {
        if !list.iter().any(|known| *known == *text) {
            list.push(text.into());
            changed = true;
        }
    }
    changed
}

fn remove(permissions: &mut Map<String, Value>, key: &str, texts: &[String]) -> bool {
    let Some(list) = permissions.get_mut(key).and_then(Value::as_array_mut) else {
        return false;
    };
    let before = list.len();
    list.retain(|known| {
        !known
            .as_str()
            .is_some_and(|known| texts.iter().any(|text| text == known))
    });
    list.len() != before
}

/// Has git ignore the project's settings on this machine.
pub(crate) fn ignore_local() -> io::Result<()> {
    let Some(home) = std::env::home_dir() else {
        return Ok(());
    };
    let folder = home.join(".config/git");
    let ignore = folder.join("ignore");
    let listed = match fs::read_to_string(&ignore) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let line = "**/.claude/settings.local.json";
    if listed.lines().any(|known| known == line) {
        return Ok(());
    }
    fs::create_dir_all(Path::new(&folder))?;
    fs::write(ignore, format!("{listed}{line}\n"))
}
